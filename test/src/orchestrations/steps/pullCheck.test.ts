import { describe, expect, test } from 'vitest';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { reportEventName, reportHash } from '../../../../src/domain/pullCheck/reportEvent.js';
import { awaitTurn, done, failed, retryLater } from '../../../../src/domain/operations/stepOutcome.js';
import type { Call } from '../../fakes/durable/durableContext.js';
import { plan, onboardScripted, report, type OnboardingScript } from '../../fakes/worlds/onboardScript.js';
import { RUN } from '../../fakes/answers/requests.js';

const after = (seconds: number, changes: Partial<PullCheckReport> = {}) => ({
  after: seconds,
  report: report(changes),
});
const failing = (outcome: PullCheckReport['outcome']) => (attempt: number) =>
  attempt === 1 ? after(3, { outcome }) : after(3);

const attemptOf = ({ input }: Call) => (input as { readonly attempt: number }).attempt;

/** Runs an onboarding, and tells at which second after the first the device was asked. */
async function check(script: OnboardingScript) {
  const played = await onboardScripted(script);
  const asked = played.context.calls.filter((call) => call.name === 'requestPullCheck');
  const start = asked[0]?.at.getTime() ?? 0;
  return { ...played, asked, seconds: asked.map(({ at }) => (at.getTime() - start) / 1000) };
}

describe('the pull check', () => {
  test('is requested right after binding, without a pause', async () => {
    const { asked, context } = await check({});
    const bound = context.calls.find((call) => call.name.endsWith('.ensure'));

    expect(asked[0]?.at).toEqual(bound?.at);
    expect(asked[0]?.input).toMatchObject({
      operation: `myregistry-client-0123456789abcdef.${RUN}`,
      attempt: 1,
      secret: { name: 'secret-candidate', version: 'v1' },
      image: 'hello-world:latest',
      expiresAt: '2026-03-01T12:05:00.000Z',
    });
  });

  test('is requested again after the next sync if the token is not known yet', async () => {
    const { seconds, outcome } = await check({ device: failing('unauthorized') });
    expect(seconds).toEqual([0, 70]);
    expect(outcome.steps.find((step) => step.name === 'pullCheck')).toMatchObject({ status: 'completed', attempts: 2 });
  });

  test('waits for the next scheduled sync', async () => {
    const hourly = plan({ sync: { schedule: '0 * * * *' } });
    expect((await check({ plan: hourly, device: failing('unauthorized') })).seconds).toEqual([0, 3610]);
  });

  test.each(['unreachable', 'tls', 'secret-unavailable', 'error'] as const)(
    'is requested again soon, and then less often, if the device itself has a problem: %s',
    async (outcome) => {
      const { seconds } = await check({ device: (n) => (n < 4 ? after(0, { outcome }) : after(0)) });
      expect(seconds).toEqual([0, 4, 12, 28]);
    },
  );

  describe('of a connected registry with an unreadable schedule', () => {
    const unreadable = plan({ sync: { schedule: '0 3 L * *' } });
    const HOUR = 3600;
    const refused = () => after(3, { outcome: 'unauthorized' });
    const syncedFrom = (lastSyncTime: string) => ({
      readSync: ({ at }: Call) => done(at >= new Date(lastSyncTime) ? { lastSyncTime } : {}),
    });

    test('polls less and less often, and continues after a sync days later', async () => {
      const device = (n: number) => (n < 70 ? refused() : after(3));
      const { seconds, outcome } = await check({
        plan: unreadable,
        device,
        answers: syncedFrom('2026-03-04T03:00:00Z'),
      });

      expect(seconds.slice(0, 4)).toEqual([0, 63, 186, 429]);
      expect((seconds.at(-1) ?? 0) / HOUR).toBeGreaterThan(60);
      expect(outcome.status).toBe('completed');
    });

    test('gives up if the deadline has passed since a sync that ARM reports', async () => {
      const synced = syncedFrom('2026-03-01T16:00:00Z');
      const { seconds, outcome } = await check({ plan: unreadable, device: refused, answers: synced });
      expect(outcome.failure?.code).toBe('pull-check-deadline');

      const hours = (seconds.at(-1) ?? 0) / HOUR;
      expect(hours).toBeGreaterThan(4);
      expect(hours).toBeLessThan(6);
    });

    test('gives up eventually if ARM reports no sync', async () => {
      const limits = { syncDeadlineSeconds: 24 * HOUR };
      const { seconds, outcome } = await check({ plan: unreadable, device: refused, limits });
      expect(outcome.failure?.code).toBe('pull-check-deadline');
      expect((seconds.at(-1) ?? 0) / HOUR).toBeGreaterThan(23);
      expect((seconds.at(-1) ?? 0) / HOUR).toBeLessThan(26);
    });
  });

  test('is requested at a fixed pace if a setting says so', async () => {
    const limits = { pullCheckRetrySeconds: 1 };
    expect((await check({ limits, device: failing('unauthorized') })).seconds).toEqual([0, 4]);
  });

  test('continues with a new attempt if no report comes', async () => {
    const { seconds, asked, context, outcome } = await check({ device: (n) => (n === 1 ? undefined : after(3)) });
    expect(seconds[1]).toBeGreaterThanOrEqual(300);
    expect(asked.map((call) => (call.input as { attempt: number }).attempt)).toEqual([1, 2]);
    expect([outcome.status, context.openTimers]).toEqual(['completed', 0]);
  });

  test('does not take a late report of attempt 1 as the answer to attempt 2', async () => {
    const device = (attempt: number) => (attempt === 1 ? after(310) : after(60, { bytes: 7 }));
    const { outcome, context } = await check({ device });
    expect(outcome.result?.pull.bytes).toBe(7);
    expect(context.waits).toEqual([reportEventName(RUN, 1), reportEventName(RUN, 2)]);
  });

  test('accepts a report that comes while the request is still being sent', async () => {
    const requestPullCheck = (_: unknown, nth: number) => (nth === 1 ? retryLater('reply lost') : done({}));
    const { outcome, seconds } = await check({ answers: { requestPullCheck }, device: () => after(1) });
    expect([outcome.status, seconds]).toEqual(['completed', [0, 2]]);
  });

  test.each(['digest-mismatch', 'secret-invalid'] as const)('fails at once on %s', async (outcome) => {
    const played = await check({ device: failing(outcome) });
    expect([played.seconds, played.outcome.failure?.code]).toEqual([[0], `pull-${outcome}`]);
  });

  test.each(['manifest-unknown', 'insufficient-scope'] as const)(
    'treats %s as final only after a sync',
    async (outcome) => {
      const device = () => after(3, { outcome });
      // The sync is seen when the second answer is looked at: what was asked before it may only have come too soon.
      const synced = { answers: { readSync: () => done({ lastSyncTime: '2026-03-01T12:01:00.000Z' }) }, device };

      const final = await check(synced);

      expect([final.seconds, final.outcome.failure?.code]).toEqual([[0, 70], `pull-${outcome}`]);

      const before = { answers: { readSync: () => done({ lastSyncTime: '2026-03-01T11:59:59.000Z' }) }, device };
      const never = await check(before);

      expect(never.seconds.length).toBeGreaterThan(10);
      expect(never.outcome.failure?.code).toBe('pull-check-deadline');
    },
  );

  test('makes one more attempt after a sync that is seen late', async () => {
    const readSync = (_: unknown, nth: number) =>
      done({ lastSyncTime: nth === 1 ? '2026-03-01T11:00:00.000Z' : '2026-03-01T12:01:12.000Z' });
    const { seconds } = await check({ answers: { readSync }, device: () => after(3, { outcome: 'manifest-unknown' }) });
    expect(seconds).toHaveLength(3);
  });

  test('ends at its deadline, counted from the first sync, with the last reason', async () => {
    const { outcome, seconds, context } = await check({ device: () => after(3, { outcome: 'unauthorized' }) });
    expect(outcome.failure).toMatchObject({
      code: 'pull-check-deadline',
      message: expect.stringContaining('does not accept the token') as string,
    });
    expect(Math.max(...seconds)).toBeLessThanOrEqual(3660);
    expect(Math.max(...seconds)).toBeGreaterThan(3500);
    expect(context.openTimers).toBe(0);
  });

  test('distinguishes a device that cannot be reached from a failed check', async () => {
    const requestPullCheck = () => retryLater("cannot reach the device's channel: no answer");
    const { outcome, context } = await check({ answers: { requestPullCheck } });

    expect(outcome.failure).toMatchObject({
      code: 'signal-undeliverable',
      message: expect.stringContaining("cannot reach the device's channel") as string,
    });
    expect(context.openTimers).toBe(0);
  });

  test('is requested again, with a new expiry, if a request could not be delivered before its expiry', async () => {
    const requestPullCheck = (call: Call, nth: number) =>
      attemptOf(call) === 1 || nth < 3 ? retryLater("cannot reach the device's channel: no answer") : done({});

    const { outcome, asked } = await check({ answers: { requestPullCheck }, device: () => after(3) });

    expect(outcome.status).toBe('completed');

    const second = asked.find((call) => attemptOf(call) === 2);
    expect(second?.input).toMatchObject({ expiresAt: new Date((second?.at.getTime() ?? 0) + 300_000).toISOString() });
  });

  test("is not ended by waits for the rate of the device's channel, which do not count against its deadline", async () => {
    const waited = new Set<number>();
    const requestPullCheck = (call: Call) => {
      const attempt = attemptOf(call);
      if (attempt > 3 || waited.has(attempt)) return done({});
      waited.add(attempt);
      return awaitTurn('the rate of the hub does not allow the request yet', 1_800);
    };
    const device = (attempt: number) => (attempt > 3 ? after(3) : undefined);
    const { outcome, seconds } = await check({ answers: { requestPullCheck }, device });
    expect(outcome.status).toBe('completed');
    expect([waited.size, Math.max(...seconds) > 5_400]).toEqual([3, true]);
  });

  test('waits for a sync of a daily schedule before it gives up', async () => {
    const daily = plan({ sync: { schedule: '0 3 * * *' } });
    const { outcome, seconds } = await check({ plan: daily, device: failing('unauthorized') });
    expect([outcome.status, seconds]).toEqual(['completed', [0, 15 * 3600 + 10]]);
  });

  test('fails if the device cannot be reached', async () => {
    const { outcome } = await check({ answers: { requestPullCheck: () => failed('service-forbidden', 'no') } });
    expect(outcome.failure?.code).toBe('service-forbidden');
  });

  test('shows the awaited attempt, and records the hashes of accepted reports', async () => {
    const { context, outcome } = await check({ device: failing('unauthorized') });
    const shown = context.statuses.map((text) => JSON.parse(text) as { pullCheck?: { attempt: number } });

    expect(new Set(shown.map((status) => status.pullCheck?.attempt))).toEqual(new Set([undefined, 1, 2]));
    expect(outcome.reports).toEqual({
      1: reportHash(report({ outcome: 'unauthorized' })),
      2: reportHash(report()),
    });
  });

  test('keeps its status short over a thousand attempts', async () => {
    const limits = { pullCheckRetrySeconds: 1, pullCheckDeadlineSeconds: 1000 };
    const { context } = await check({ limits, device: () => after(0, { outcome: 'error' }) });
    for (const status of context.statuses) expect(status.length).toBeLessThanOrEqual(4000);
  });
});

describe('a password that is lost during the run', () => {
  const refused: OnboardingScript['device'] = () => ({ after: 2, report: report({ outcome: 'unauthorized' }) });

  test('is issued again, and checked in the next attempts', async () => {
    const { outcome, context } = await onboardScripted({
      device: (attempt) => (attempt <= 4 ? refused(attempt) : { after: 2, report: report() }),
      answers: { checkCredential: () => done({ stands: false }) },
    });

    expect(outcome.status).toBe('completed');

    const issued = context.calls.filter((call) => call.name === 'issueCredentials');
    expect(issued.map((call) => (call.input as { attempt: number }).attempt)).toEqual([1, 2]);

    const asked = context.calls.filter((call) => call.name === 'requestPullCheck');
    expect(asked.map((call) => (call.input as { attempt: number }).attempt)).toEqual([1, 2, 3, 4, 5]);
  });

  test('ends the run if it is lost again and again', async () => {
    const { outcome, names } = await onboardScripted({
      device: refused,
      answers: { checkCredential: () => done({ stands: false }) },
    });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'credential-lost', residue: [] } });
    expect(names('activity').filter((name) => name === 'issueCredentials')).toHaveLength(3);
  });

  test('is not suspected while the registry still has it', async () => {
    const { names } = await onboardScripted({
      device: (attempt) => (attempt <= 9 ? refused(attempt) : { after: 2, report: report() }),
    });

    expect(names('activity').filter((name) => name === 'checkCredential')).toHaveLength(3);
    // Somebody may have overwritten the client list since it was seen to hold.
    expect(names('entity').filter((name) => name === 'ensureAgain')).toHaveLength(3);
    expect(names('activity').filter((name) => name === 'issueCredentials')).toHaveLength(1);
  });
});
