import { describe, expect, test } from 'vitest';
import { cancelEventName } from '../../../src/domain/operations/cancelEvent.js';
import { onboard } from '../../../src/orchestrations/onboard.js';
import { done, retryLater } from '../../../src/domain/operations/stepOutcome.js';
import { FakeDurableContext, type Call } from '../fakes/durable/durableContext.js';
import { plan } from '../fakes/worlds/onboardScript.js';
import { onboardingRun, RUN } from '../fakes/answers/requests.js';

const issued = {
  name: 'secret-candidate',
  version: 'v1',
  slot: 'password1',
  slotCreatedAt: '2026-03-01T12:00:00.000Z',
  expiresOn: '2026-05-30T12:00:00.000Z',
};
const values: Record<string, unknown> = { preflight: plan(), issueCredentials: issued, readSync: {} };

/** Runs an onboarding whose device never reports, with answers of one's own. */
async function run(answers: Record<string, (call: Call, cancel: () => void) => unknown>, cancelAfter?: number) {
  const context: FakeDurableContext = new FakeDurableContext(onboardingRun(), (call) => {
    const name = call.name.split('.').at(-1) ?? '';
    if (call.kind === 'signal') return undefined;
    const cancel = () => context.raiseIn(0, cancelEventName(RUN), { actor: 'Ada' });
    return answers[name]?.(call, cancel) ?? done(values[name] ?? {});
  });
  if (cancelAfter !== undefined) context.raiseIn(cancelAfter, cancelEventName(RUN), { actor: 'Ada' });
  const outcome = await context.run(onboard);
  return { outcome, context, seconds: (context.now.getTime() - Date.parse('2026-03-01T12:00:00Z')) / 1000 };
}

describe('a cancel', () => {
  test('while the device is awaited undoes everything at once', async () => {
    const { outcome, context, seconds } = await run({}, 30);
    expect(outcome).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'cancelled', message: 'cancelled by Ada', residue: [] },
    });
    expect(outcome.steps.slice(-5).map((step) => step.name)).toEqual([
      'retireCandidate',
      'retirePromoted',
      'unbind',
      'removeToken',
      'removeScopeMap',
    ]);
    expect(seconds).toBe(30);
    expect(context.openTimers).toBe(0);
  });

  test('while a step waits for its next attempt ends the wait', async () => {
    const { outcome, seconds, context } = await run({ ensureToken: () => retryLater('busy', 600) }, 20);
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'cancelled' } });
    expect(seconds).toBe(20);
    expect(context.openTimers).toBe(0);
  });

  test('during an activity lets it end, and takes effect before the pause that follows', async () => {
    const { outcome, seconds, context } = await run({
      ensureToken: (_, cancel) => (cancel(), retryLater('busy', 600)),
    });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'cancelled' } });
    expect(context.called('activity').filter((name) => name === 'ensureToken')).toHaveLength(1);
    expect(seconds).toBe(0);
  });

  test('during the first step leaves nothing started', async () => {
    const { outcome, context } = await run({}, 0);
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'cancelled' } });
    expect(context.called('activity').filter((name) => /^ensure|^issue|^promote/.test(name))).toEqual([]);
  });

  test('during an undo changes nothing: everything is still undone', async () => {
    const { outcome, context } = await run({
      ensureToken: () => ({ kind: 'failed', code: 'service-refused', message: 'no' }),
      removeToken: (_, cancel) => (cancel(), undefined),
    });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'service-refused' } });
    expect(outcome.steps.at(-1)).toMatchObject({ name: 'removeScopeMap', status: 'completed' });
    expect(context.openTimers).toBe(0);
  });

  test('of another run of the client is ignored', async () => {
    const context: FakeDurableContext = new FakeDurableContext(
      onboardingRun({}, { pullCheckDeadlineSeconds: 300 }),
      (call) => (call.kind === 'signal' ? undefined : done(values[call.name.split('.').at(-1) ?? ''] ?? {})),
    );
    context.raiseIn(5, cancelEventName('another'), { actor: 'Ada' });

    expect(await context.run(onboard)).toMatchObject({ failure: { code: 'pull-check-deadline' } });
  });
});
