import { describe, expect, test } from 'vitest';
import type { PromoteInput } from '../../../src/activities/credentials/promote.js';
import { done, failed, retryLater } from '../../../src/domain/operations/stepOutcome.js';
import { convergedPlan, DIGEST, plan, onboardScripted, report, STORED } from '../fakes/worlds/onboardScript.js';
import { onboarding } from '../fakes/answers/requests.js';

const { scopeMap, token, connectedRegistry } = onboarding();

describe('an onboarding', () => {
  test('runs its steps in order, and ends with the digest that the device pulled', async () => {
    const { outcome, names, context } = await onboardScripted();
    expect(names()).toEqual([
      'begin',
      'preflight',
      'claim',
      'ensureScopeMap',
      'announce',
      'ensureToken',
      'request',
      'issueCredentials',
      'ensure',
      'requestPullCheck',
      'promote',
      'complete',
      'complete',
      'announcePromotion',
    ]);
    expect(outcome.status).toBe('completed');
    expect(outcome.result).toMatchObject({
      scopeMap,
      token,
      connectedRegistry,
      secret: { version: 'v2', slot: 'password1' },
      pull: { image: 'hello-world:latest', digest: DIGEST, bytes: 2000, milliseconds: 40 },
      changed: true,
    });
    expect(outcome.steps.map((step) => [step.name, step.status, step.attempts])).toEqual([
      ['preflight', 'completed', 1],
      ['ensureScopeMap', 'completed', 1],
      ['ensureToken', 'completed', 1],
      ['issueCredentials', 'completed', 1],
      ['bind', 'completed', 1],
      ['pullCheck', 'completed', 1],
      ['promote', 'completed', 1],
      ['announce', 'completed', 1],
    ]);
    expect(context.openTimers).toBe(0);
    for (const step of outcome.steps) expect(step.endedAt).toBeDefined();
  });

  test('requests its binding one activity before it waits for it, so that concurrent runs share a write', async () => {
    const { names } = await onboardScripted();
    const all = names();
    expect(all.indexOf('issueCredentials')).toBeGreaterThan(all.indexOf('request'));
    expect(all.indexOf('ensure')).toBeGreaterThan(all.indexOf('issueCredentials'));
  });

  test('of a complete client calls only preflight, and reports what was verified', async () => {
    const { outcome, names } = await onboardScripted({ plan: convergedPlan() });
    expect(names()).toEqual(['begin', 'preflight', 'claim']);
    expect(outcome).toMatchObject({ status: 'completed', result: { changed: false, pull: STORED.pull } });
    expect(outcome.result?.secret.version).toBe(STORED.version);
  });

  test('of a complete client checks it if that is requested, and issues nothing', async () => {
    const { outcome, names } = await onboardScripted({ plan: convergedPlan(), request: { recheck: true } });
    expect(names('activity')).toContain('recordVerification');
    for (const never of ['issueCredentials', 'promote', 'announcePromotion', 'ensure'])
      expect(names()).not.toContain(never);
    expect(names('signal')).toEqual(['request', 'complete', 'complete']);
    expect(outcome.result?.pull.verifiedAt).not.toBe(STORED.pull.verifiedAt);
  });

  test('checks a stored credential that never passed a check', async () => {
    const { pull: _, ...stored } = STORED;
    const { names } = await onboardScripted({ plan: convergedPlan({ credential: { kind: 'keep', stored } }) });
    expect(names('activity')).toContain('requestPullCheck');
  });

  test('that preflight refuses writes nothing and reports every problem', async () => {
    const codes = ['token-disabled', 'slots-in-use'] as const;
    const problems = codes.map((code) => ({ code, message: `${code} is wrong.`, fix: 'mend it' }));
    const { outcome, names } = await onboardScripted({ plan: plan({ problems }) });
    expect(names()).toEqual(['begin', 'preflight']);
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'preflight', problems, residue: [] } });
  });

  test('does not fail if nobody can be notified of the promotion', async () => {
    const { outcome } = await onboardScripted({
      answers: { announcePromotion: () => failed('service-forbidden', 'no') },
    });
    expect(outcome.status).toBe('completed');
    expect(outcome.steps.at(-1)).toMatchObject({ name: 'announce', status: 'failed' });
  });

  test('binds again if the binding disappeared just before promotion', async () => {
    const promote = (_: unknown, nth: number) =>
      done(nth === 1 ? { promoted: false } : { promoted: true, name: 'main-secret', version: 'v2' });
    const { outcome, names } = await onboardScripted({ answers: { promote } });
    expect(outcome.status).toBe('completed');
    expect(names('entity')).toEqual(['begin', 'claim', 'ensureScopeMap', 'ensure', 'ensureAgain']);
  });

  test('has the device pull again after it was bound again, because a sync may have removed the token', async () => {
    const promote = (_: unknown, nth: number) =>
      done(nth === 1 ? { promoted: false } : { promoted: true, name: 'main-secret', version: 'v2' });
    const device = (attempt: number) =>
      ({ after: 1, report: attempt === 2 ? report({ outcome: 'unauthorized' }) : report() }) as const;

    const { outcome, context, names } = await onboardScripted({ answers: { promote }, device });

    expect(names('activity').filter((name) => ['requestPullCheck', 'promote'].includes(name))).toEqual([
      'requestPullCheck',
      'promote',
      'requestPullCheck',
      'requestPullCheck',
      'promote',
    ]);

    const [first, second] = context.calls.flatMap(({ name, input }) =>
      name === 'promote' ? (input as PromoteInput).pull.verifiedAt : [],
    );

    expect(Date.parse(second ?? '')).toBeGreaterThan(Date.parse(first ?? ''));
    expect(outcome.result?.pull.verifiedAt).toBe(second);
  });

  test('gives up if the binding is removed again and again', async () => {
    const { outcome } = await onboardScripted({ answers: { promote: () => done({ promoted: false }) } });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'unbound' } });
  });

  test('fixes slot and expiry once, so that a repetition issues the same', async () => {
    const { context } = await onboardScripted({
      answers: { issueCredentials: (_, nth) => (nth < 3 ? retryLater('busy') : done({ name: 'c', version: 'v1' })) },
    });
    const orders = context.calls.filter((call) => call.name === 'issueCredentials').map((call) => call.input);

    expect(orders).toHaveLength(3);
    expect(new Set(orders.map((order) => JSON.stringify(order))).size).toBe(1);
    expect(orders[0]).toMatchObject({ slot: 'password1', expiresOn: '2026-05-30T12:00:00.000Z' });
  });

  test('passes to each binding request the time from which its undo applies', async () => {
    const { context } = await onboardScripted({
      answers: { issueCredentials: () => failed('service-forbidden', 'no') },
    });
    const removal = context.calls.find((call) => call.name === 'removeToken');
    expect(removal?.input).toMatchObject({ token, scopeMap, since: plan().checkedAt });
  });

  test('shows a status that fits and contains no password, report key or value', async () => {
    const value = 'pass/word+1=';
    const { context, outcome } = await onboardScripted({
      answers: {
        issueCredentials: (_, nth) => (nth < 4 ? retryLater('x'.repeat(590)) : done({ name: 'c', version: 'v' })),
      },
    });

    for (const status of context.statuses) {
      expect(status.length).toBeLessThanOrEqual(4000);
      for (const secret of [value, 'auths', 'reportKey', '"value"', 'password"']) expect(status).not.toContain(secret);
    }
    expect(JSON.stringify(outcome)).not.toMatch(/auths|reportKey|"value"/);
    expect(JSON.parse(context.statuses.at(-1) ?? '{}')).toMatchObject({ phase: 'completed' });
  });
});
