import { describe, expect, test } from 'vitest';
import { done, failed, retryLater } from '../../../src/domain/operations/stepOutcome.js';
import { convergedPlan, plan, onboardScripted, report, type OnboardingScript } from '../fakes/worlds/onboardScript.js';

const no = () => failed('service-forbidden', 'not allowed');
const digestMismatch: OnboardingScript['device'] = () => ({ after: 3, report: report({ outcome: 'digest-mismatch' }) });

/** What was called after the step that failed. */
async function undoAfter(script: OnboardingScript) {
  const { outcome, names } = await onboardScripted(script);
  const all = names();
  const from = outcome.steps.findIndex((step) => step.status === 'failed');
  return { outcome, all, undone: outcome.steps.slice(from + 1).map((step) => step.name) };
}

const ALL = ['retireCandidate', 'retirePromoted', 'unbind', 'removeToken', 'removeScopeMap'];

describe('a failure is undone, last step first, when it occurs at', () => {
  test.each<[string, OnboardingScript, string[]]>([
    ['preflight', { answers: { preflight: no } }, []],
    ['the scope map', { answers: { ensureScopeMap: no } }, ['removeScopeMap']],
    ['the token', { answers: { ensureToken: no } }, ['unbind', 'removeToken', 'removeScopeMap']],
    ['the credentials', { answers: { issueCredentials: no } }, ALL],
    ['the binding', { answers: { ensure: no } }, ALL],
    ['the request to the device', { answers: { requestPullCheck: no } }, ALL],
    ['the pull check', { device: digestMismatch }, ALL],
    ['promotion', { answers: { promote: no } }, ALL],
  ])('%s', async (_, script, expected) => {
    const { outcome, undone } = await undoAfter(script);
    expect(undone).toEqual(expected);
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { residue: [], kept: [] } });
  });
});

describe('the undo', () => {
  test('of an adoption restores what was adopted, and removes nothing else', async () => {
    const adopted = plan({
      scopeMap: 'same',
      token: { exists: true, earlierScopeMap: 'earlier-map' },
      bound: true,
      credential: { kind: 'issue', slot: 'password2', replacesLivePassword: false },
    });

    const { undone, all } = await undoAfter({ plan: adopted, device: digestMismatch });

    expect(undone).toEqual([
      'retireCandidate',
      'retirePromoted',
      'clearSlot',
      'restoreTokenScopeMap',
      'withdrawBindingRequest',
      'releaseScopeMap',
    ]);
    for (const never of ['removeToken', 'removeScopeMap', 'unbind', 'ensureUnbound']) expect(all).not.toContain(never);
    expect(all).toContain('complete');
  });

  test('of a check of an existing client withdraws only the binding request', async () => {
    const { undone, outcome } = await undoAfter({
      plan: convergedPlan(),
      request: { recheck: true },
      device: digestMismatch,
    });
    expect([undone, outcome.status]).toEqual([['withdrawBindingRequest', 'releaseScopeMap'], 'rolledBack']);
  });

  test('withdraws the binding request before the token is deleted', async () => {
    const { all } = await undoAfter({ answers: { ensure: no } });
    expect(all.indexOf('unbind')).toBeLessThan(all.indexOf('ensureUnbound'));
    expect(all.indexOf('ensureUnbound')).toBeLessThan(all.indexOf('removeToken'));
  });

  test('continues if a part of it fails, and reports that part with the reason', async () => {
    const { outcome, undone } = await undoAfter({ device: digestMismatch, answers: { removeToken: no } });
    expect(undone).toEqual(ALL);
    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue).toEqual(['removeToken: not allowed']);
    expect(outcome.failure?.code).toBe('pull-digest-mismatch');
  });

  test('reports what it kept on purpose, and ends as rolled back nevertheless', async () => {
    const kept = 'scope map a-map: 2 other token(s) use it';
    const { outcome } = await undoAfter({ device: digestMismatch, answers: { release: () => done({ kept }) } });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { kept: [kept], residue: [] } });
  });

  test('is retried while it may succeed', async () => {
    const { outcome, all } = await undoAfter({
      device: digestMismatch,
      answers: { removeToken: (_, nth) => (nth < 4 ? retryLater('busy') : done({})) },
    });

    expect(all.filter((name) => name === 'removeToken')).toHaveLength(4);
    expect(outcome.status).toBe('rolledBack');
  });

  test('is retried for as long as the setting for undo allows, not as long as a step', async () => {
    const limits = { stepDeadlineSeconds: 60, undoDeadlineSeconds: 7200 };
    const { outcome } = await undoAfter({
      limits,
      device: digestMismatch,
      answers: { removeToken: () => retryLater('busy') },
    });
    const step = outcome.steps.find(({ name }) => name === 'removeToken');
    const seconds = (Date.parse(step?.endedAt ?? '') - Date.parse(step?.startedAt ?? '')) / 1000;

    expect(seconds).toBeGreaterThan(7000);
    expect(seconds).toBeLessThanOrEqual(7200);
    expect(outcome.status).toBe('failed');
  });

  test('of the binding is limited by that setting, too', async () => {
    const { outcome } = await undoAfter({
      limits: { undoDeadlineSeconds: 100, bindDeadlineSeconds: 5000 },
      device: digestMismatch,
      answers: { ensureUnbound: () => retryLater('busy') },
    });
    expect(outcome.failure?.residue.join()).toMatch(/unbind.*100 s/);
  });

  test('reports an overwritten password, which cannot be restored', async () => {
    const credential = { kind: 'issue', slot: 'password2', replacesLivePassword: true } as const;
    const { outcome } = await undoAfter({
      plan: plan({ scopeMap: 'same', token: { exists: true }, credential }),
      device: digestMismatch,
      answers: { clearSlot: () => done({ residue: 'password2 of token t: overwritten' }) },
    });

    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue.join()).toContain('password2');
  });

  test('does not report a password that was not overwritten because nothing was issued', async () => {
    const credential = { kind: 'issue', slot: 'password2', replacesLivePassword: true } as const;
    const { outcome } = await undoAfter({
      plan: plan({ scopeMap: 'same', token: { exists: true }, credential }),
      answers: { ensureToken: no },
    });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { residue: [] } });
  });
});
