import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cancelEventName } from '../../../src/domain/operations/cancelEvent.js';
import { recordFacts } from '../../../src/queries/onboarding/recordFacts.js';
import { offboardIn, revokeIn } from '../fakes/clients/clients.js';
import { createFlowWorld, type FlowWorld } from '../fakes/worlds/flowWorld.js';
import { report } from '../fakes/worlds/onboardScript.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { onboarding, RUN } from '../fakes/answers/requests.js';
import { candidate, main, scopeMap, token } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const LATER = '2026-03-01T13:00:00.000Z';

let world: World;
let flows: FlowWorld;
let stolen: string;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  flows = createFlowWorld(world);
  await onboardIn(world, { flows });
  stolen = world.vault.passwordIn(main) ?? '-';
  await revokeIn(flows);
  vi.setSystemTime(new Date(LATER));
  world.wire.calls.length = 0;
});
afterEach(() => vi.useRealTimers());

const again = (options: Parameters<typeof onboardIn>[1] = {}) =>
  onboardIn(world, { flows, run: 'second-run', requestedAt: LATER, ...options });
const works = () => world.controlPlane.accepts(token, world.vault.passwordIn(main) ?? '-');
const isOff = () => !world.controlPlane.token(token).isEnabled && flows.record.revokedAt !== undefined;

/** A revocation's request, whose disabling counts as lost at once, so that later runs need not wait for it. */
const markNow = () => {
  const at = new Date().toISOString();
  return { at, until: at, by: { operation: 'the-revocation', actor: 'Ada' } };
};

describe('an onboarding that was requested after a revocation', () => {
  test('clears it: the client has a new password, and the stolen one never works again', async () => {
    const letIn: boolean[] = [];
    const { outcome } = await again({
      after: () => {
        letIn.push(world.controlPlane.accepts(token, stolen));
      },
    });

    expect([outcome.status, works(), letIn.includes(true)]).toEqual(['completed', true, false]);
    expect(flows.record.revokedAt).toBeUndefined();
    expect(world.wire.calls.filter((name) => name === 'enableToken')).toHaveLength(1);
    expect(outcome.steps.map(({ name }) => name)).toContain('enableToken');
  });

  test('waits while the revocation writes, and then clears it', async () => {
    world = createWorld();
    flows = createFlowWorld(world);
    await onboardIn(world, { flows });
    const leaked = world.vault.passwordIn(main) ?? '-';
    const by = { operation: 'the-revocation', actor: 'Ada' };
    const until = new Date(Date.now() + 3600_000).toISOString();
    const at = new Date().toISOString();
    await flows.ask('revoke', { at, until, by });
    let begins = 0;

    const { outcome } = await again({
      requestedAt: new Date(Date.now() + 1000).toISOString(),
      before: async (name) => {
        if (name !== 'begin') return;
        begins += 1;
        if (begins < 3) return;
        world.controlPlane.token(token).isEnabled = false;
        await flows.ask('noteDisabled', { tokens: [token], by });
        await flows.ask('endDisabling', { by });
      },
    });

    expect([outcome.status, begins, works()]).toEqual(['completed', 3, true]);
    expect([world.controlPlane.accepts(token, leaked), flows.record.revokedAt]).toEqual([false, undefined]);
  });

  test('leaves nothing to do for a second onboarding', async () => {
    await again();
    world.wire.calls.length = 0;
    const { outcome } = await again({ run: 'third-run' });
    expect([outcome.result?.changed, world.wire.writes]).toEqual([false, []]);
  });

  test('is planned in a dry run with the enabling of the token', async () => {
    const plan = await world.queries.preflight(onboarding(), undefined, recordFacts(flows.record));
    expect(plan.problems).toEqual([]);
    expect(plan.writes.map(({ step }) => step)).toContain('enableToken');
    expect(world.wire.writes).toEqual([]);
  });

  test('that fails disables the token again, and the client stays revoked', async () => {
    const { outcome } = await again({ device: () => report({ outcome: 'digest-mismatch' }) });
    expect([outcome.status, isOff()]).toEqual(['rolledBack', true]);
    expect(world.controlPlane.token(token).slots).toEqual({});
    expect((await again({ run: 'third-run' })).outcome.status).toBe('completed');
    expect([works(), flows.record.revokedAt]).toEqual([true, undefined]);
  });

  test.each(['before', 'after'] as const)('succeeds although enabling the token failed %s its effect', async (when) => {
    world.wire.fail('enableToken', { when, times: 2 });
    expect((await again()).outcome.status).toBe('completed');
    expect([works(), world.controlPlane.accepts(token, stolen)]).toEqual([true, false]);
  });

  test('empties the old password also if somebody enabled the token by hand', async () => {
    world.controlPlane.token(token).isEnabled = true;
    expect((await again()).outcome.status).toBe('completed');
    expect([works(), world.controlPlane.accepts(token, stolen)]).toEqual([true, false]);
  });

  test('keeps the token as ours, so that an offboarding removes it', async () => {
    await again();
    await offboardIn(flows);
    expect([world.controlPlane.tokens.has(token), world.controlPlane.scopeMaps.has(scopeMap)]).toEqual([false, false]);
  });

  test('does not enable a token that somebody else disabled', async () => {
    flows = createFlowWorld(world);
    await revokeIn(flows);
    vi.setSystemTime(new Date('2026-03-01T14:00:00Z'));

    const { outcome } = await again({ requestedAt: '2026-03-01T14:00:00.000Z' });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'preflight' } });
    expect(outcome.failure?.problems?.map(({ code }) => code)).toEqual(['token-disabled']);
    expect(isOff()).toBe(true);
  });
});

describe('an onboarding that was requested before a revocation', () => {
  test('is rolled back, and does nothing', async () => {
    const { outcome } = await onboardIn(world, { flows, run: 'late', requestedAt: '2026-03-01T11:59:00.000Z' });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'revoked', residue: [], kept: [] } });
    expect([world.wire.calls, isOff()]).toEqual([[], true]);
  });
});

describe('an onboarding that is revoked while it runs', () => {
  beforeEach(() => {
    vi.setSystemTime(new Date('2026-03-01T12:00:00Z'));
    world = createWorld();
    flows = createFlowWorld(world);
  });
  const isKept = () => world.controlPlane.tokens.has(token) && world.controlPlane.scopeMaps.has(scopeMap);
  const mark = () => flows.ask('revoke', markNow());

  test('undoes its binding request and its candidate, and keeps the rest for inspection', async () => {
    const { outcome, binder } = await onboardIn(world, {
      flows,
      before: async (name, _, context) => {
        if (name !== 'requestPullCheck') return;
        await mark();
        world.controlPlane.token(token).isEnabled = false;
        context.raiseIn(0, cancelEventName(RUN), { actor: 'Ada', reason: 'revoked' });
      },
    });

    expect(outcome).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'revoked', message: 'the client was revoked by Ada', residue: [] },
    });
    expect(outcome.failure?.kept.join()).toContain('kept for inspection');
    expect([isKept(), world.controlPlane.token(token).isEnabled]).toEqual([true, false]);
    expect(binder.state.bindingRequests).toEqual([]);
    // Its candidate is hidden, and its tags still tell of the token.
    expect([world.vault.passwordIn(candidate), world.vault.has(candidate)]).toEqual([undefined, true]);
    expect(flows.maps.state().holds).toEqual([]);
  });

  test('and fails for that before it is notified keeps the same, and reports why', async () => {
    const { outcome } = await onboardIn(world, {
      flows,
      before: async (name) => {
        if (name !== 'issueCredentials') return;
        await mark();
        world.wire.fail('generatePassword', { when: 'before', kind: 'refused' });
      },
    });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'revoked' } });
    expect(outcome.failure?.message).toContain('before that was noticed');
    expect(isKept()).toBe(true);
  });

  test('while it clears an earlier revocation leaves the token disabled', async () => {
    await onboardIn(world, { flows });
    await revokeIn(flows);
    vi.setSystemTime(new Date(LATER));

    const { outcome } = await again({
      before: async (name, _, context) => {
        if (name !== 'ensureToken') return;
        await mark();
        context.raiseIn(0, cancelEventName('second-run'), { actor: 'Ada', reason: 'revoked' });
      },
    });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'revoked' } });
    expect(isOff()).toBe(true);
    expect(outcome.steps.map(({ name }) => name)).toContain('disableToken');
  });
});
