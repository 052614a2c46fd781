import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { atWork, offboardIn, revokeIn } from '../fakes/clients/clients.js';
import { createFlowWorld, type FlowWorld } from '../fakes/worlds/flowWorld.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { CONNECTED_REGISTRY } from '../fakes/answers/requests.js';
import { candidate, LONG_AGO, main, scopeMap, token } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

let world: World;
let flows: FlowWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  flows = createFlowWorld(world);
});
afterEach(() => vi.useRealTimers());

const bound = () => world.controlPlane.clientsOf(CONNECTED_REGISTRY);
const isEnabled = () => world.controlPlane.tokens.get(token)?.isEnabled;
const ARM_WRITES = /^(?:create|set|disable|enable|keep|delete|generate)/;
const armWrites = () => world.wire.calls.filter((name) => ARM_WRITES.test(name) && name !== 'disable');

describe('a revocation', () => {
  test('disables token and secret with one ARM write, deletes nothing, and reports when it takes effect at the edge', async () => {
    await onboardIn(world, { flows });
    const password = world.vault.passwordIn(main) ?? '-';
    world.wire.calls.length = 0;

    const { outcome } = await revokeIn(flows);

    expect(armWrites()).toEqual(['disableToken']);
    expect([world.controlPlane.accepts(token, password), world.vault.passwordIn(main)]).toEqual([false, undefined]);
    expect([bound(), world.vault.has(main), world.controlPlane.scopeMaps.has(scopeMap)]).toEqual([[token], true, true]);
    expect(outcome).toMatchObject({
      status: 'completed',
      result: {
        disabled: [`token ${token}`, `secret ${main}`],
        changed: true,
        edge: { connectedRegistry: CONNECTED_REGISTRY, schedule: '* * * * *' },
      },
    });
    expect(JSON.stringify(outcome.result?.edge)).toContain('from its next sync on');
    expect(JSON.stringify(outcome)).not.toContain(password);
  });

  test('reports no next sync if the schedule of the connected registry is unreadable', async () => {
    await onboardIn(world, { flows });
    world.controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 L * *' });

    const { outcome } = await revokeIn(flows);

    expect(outcome.result?.edge).toMatchObject({ schedule: '0 2 L * *' });
    expect(outcome.result?.edge).not.toHaveProperty('nextSyncTime');
    expect(JSON.stringify(outcome.result?.edge)).toContain('is unknown');
  });

  test('that is repeated writes nothing if all is disabled; it disables again what somebody enabled in the meantime', async () => {
    await onboardIn(world, { flows });
    await revokeIn(flows);
    world.wire.calls.length = 0;

    expect((await revokeIn(flows)).outcome).toMatchObject({ result: { disabled: [], changed: false } });
    expect(world.wire.writes).toEqual([]);

    world.controlPlane.token(token).isEnabled = true;
    await revokeIn(flows);
    expect(isEnabled()).toBe(false);
  });

  test('marks the client before it reads anything', async () => {
    await onboardIn(world, { flows });
    world.wire.calls.length = 0;
    const marked: boolean[] = [];

    await revokeIn(flows, {
      before: (name) => {
        if (name === 'findAccess') marked.push(flows.record.revokedAt !== undefined);
      },
    });

    expect(marked).toEqual([true]);
  });

  test('of an offboarded client only marks it', async () => {
    await onboardIn(world, { flows });
    await offboardIn(flows);
    world.wire.calls.length = 0;

    const { outcome } = await revokeIn(flows);

    expect(outcome).toMatchObject({ status: 'completed', result: { changed: false } });
    expect([world.wire.writes, flows.record.revokedAt !== undefined]).toEqual([[], true]);
  });

  test('of a client whose secrets are gone finds the token by its default name', async () => {
    await onboardIn(world, { flows });
    for (const name of [main, candidate]) world.vault.secrets.delete(name);
    await revokeIn(flows);
    expect(isEnabled()).toBe(false);
  });

  test('also disables a token that existed before onboarding, because the device has its password', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    await onboardIn(world, { flows });
    await revokeIn(flows);
    expect(isEnabled()).toBe(false);
  });

  test('continues with the secrets if the token cannot be disabled, and reports it', async () => {
    await onboardIn(world, { flows });
    world.wire.fail('disableToken', { when: 'before', kind: 'forbidden' });

    const { outcome } = await revokeIn(flows);

    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'service-forbidden' } });
    expect(outcome.failure?.residue).toEqual([
      expect.stringMatching(new RegExp(`^token ${token}: all its passwords may still work: `)) as unknown,
    ]);
    expect(outcome.failure?.disabled).toEqual([`secret ${main}`]);
    expect([world.vault.passwordIn(main), flows.record.revokedAt !== undefined]).toEqual([undefined, true]);
    expect((await revokeIn(flows)).outcome.status).toBe('completed');
    expect(isEnabled()).toBe(false);
  });

  test('that cannot disable a secret reports it, and that the token is disabled', async () => {
    await onboardIn(world, { flows });
    world.wire.fail('disable', { when: 'before', kind: 'forbidden' });
    const { outcome } = await revokeIn(flows);
    expect(outcome.failure).toMatchObject({ code: 'service-forbidden', disabled: [`token ${token}`] });
    expect(outcome.failure?.residue).toEqual([expect.stringContaining(`secret ${main}: whoever may read it`)]);
  });

  test('disables each of several tokens although the first fails, and reports which', async () => {
    await onboardIn(world, { flows });
    const LEFT = { token: 'left-token', scopeMap, since: '2026-03-01T11:00:00Z', until: '2026-03-01T13:00:00Z' };
    await flows.ask('noteOrphaned', { ...LEFT, by: { operation: 'o', actor: 'a' } });
    const createdAt = '2026-03-01T11:30:00.000Z';
    world.controlPlane.tokens.set(LEFT.token, { scopeMap, isEnabled: true, createdAt, slots: {} });
    world.wire.fail('disableToken', { when: 'before', kind: 'forbidden', times: 1 });

    const { outcome } = await revokeIn(flows);
    const states = [token, LEFT.token].map((name) => world.controlPlane.token(name).isEnabled);

    expect(states.filter((isOn) => isOn)).toHaveLength(1);

    const [on, off] = states[0] ? [token, LEFT.token] : [LEFT.token, token];

    expect(outcome.failure?.residue).toEqual([
      expect.stringContaining(`token ${on}: all its passwords may still work`),
    ]);
    expect(outcome.failure?.disabled).toEqual([`token ${off}`, `secret ${main}`]);
  });

  test('that cannot record what it is about to disable reports everything that may still work', async () => {
    await onboardIn(world, { flows });
    const { outcome } = await revokeIn(flows, {
      before: (name) => {
        if (name === 'noteDisabled') throw new Error('the engine has lost it');
      },
    });

    expect(outcome.failure?.disabled).toEqual([]);
    expect(outcome.failure?.residue).toEqual([
      ...['what the client has: ', 'what the run in progress left: ', 'what came late: '].map(
        (part) => expect.stringContaining(part) as unknown,
      ),
      `token ${token}: it could not be tried, and may still work`,
      `secret ${main}: it could not be tried, and may still work`,
    ]);
  });

  test.each(
    ['disableToken', 'disable', 'getToken', 'versions'].flatMap(
      (call) =>
        [
          [call, 'before'],
          [call, 'after'],
        ] as const,
    ),
  )('succeeds: %s failed %s its effect', async (call, when) => {
    await onboardIn(world, { flows });
    world.wire.fail(call, { when, times: 2 });
    expect((await revokeIn(flows)).outcome.status).toBe('completed');
    expect([isEnabled(), world.vault.passwordIn(main)]).toEqual([false, undefined]);
  });
});

describe('a run in progress', () => {
  const makeToken = (isOn = true) => {
    const createdAt = new Date().toISOString();
    world.controlPlane.tokens.set(token, { scopeMap, isEnabled: isOn, createdAt, slots: {} });
  };

  test('is asked to stop, and what it enabled is disabled, even if it comes late', async () => {
    makeToken();
    flows.setPresent(atWork());
    let looks = 0;

    const { outcome, context } = await revokeIn(flows, {
      before: (name) => {
        if (name === 'endRun') makeToken();
        looks += name === 'findAccess' ? 1 : 0;
        // A request of a process that died arrives after the second look.
        if (name === 'findAccess' && looks === 3) makeToken();
      },
      after: (name) => {
        if (name === 'endRun') flows.setPresent(atWork({ hasEnded: true }));
      },
    });

    expect(flows.cancelled).toEqual([[atWork().id, 'function-key', 'revoked']]);
    expect([outcome.status, isEnabled(), looks]).toEqual(['completed', false, 3]);
    expect(context.openTimers).toBe(0);
  });

  test('that has not reached its token keeps the requested token unchanged', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    world.controlPlane.token(token).scopeMap = 'theirs';
    flows.setPresent(atWork({ steps: ['preflight', 'ensureScopeMap'], hasEnded: true }));
    await revokeIn(flows);
    expect(isEnabled()).toBe(true);
  });

  test('that has not put a password into a token of others keeps that token unchanged', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    world.controlPlane.token(token).scopeMap = 'theirs';
    flows.setPresent(atWork({ hasEnded: true }));

    await revokeIn(flows);

    expect(isEnabled()).toBe(true);

    flows.setPresent(atWork({ hasEnded: true, steps: ['preflight', 'ensureToken', 'issueCredentials'] }));
    await revokeIn(flows);
    expect(isEnabled()).toBe(false);
  });

  test('that was requested later is not stopped, and the token that it enabled stays enabled', async () => {
    await onboardIn(world, { flows });
    flows.setPresent(atWork());

    await revokeIn(flows, {
      after: (name) => {
        if (name !== 'endRun') return;
        flows.setPresent(atWork({ effectiveAt: '2027-01-01T00:00:00.000Z' }));
        world.controlPlane.token(token).isEnabled = true;
      },
    });

    expect(isEnabled()).toBe(true);
  });

  test.each([
    ['a rotation, which enables nothing', { kind: 'rotate' }],
    ['an onboarding that has ended without lifting it', { hasEnded: true }],
  ])('whose successor is %s: what it left enabled is disabled nevertheless', async (_, successor) => {
    await onboardIn(world, { flows });
    flows.setPresent(atWork());

    await revokeIn(flows, {
      after: (name) => {
        if (name !== 'endRun') return;
        flows.setPresent(atWork({ effectiveAt: '2027-01-01T00:00:00.000Z', ...successor }));
        world.controlPlane.token(token).isEnabled = true;
      },
    });

    expect(isEnabled()).toBe(false);
  });

  test('whose successor has cleared the revocation in the meantime keeps what that successor enabled', async () => {
    await onboardIn(world, { flows });
    flows.setPresent(atWork());

    await revokeIn(flows, {
      after: async (name) => {
        if (name !== 'endRun') return;
        flows.setPresent(atWork({ hasEnded: true }));
        world.controlPlane.token(token).isEnabled = true;
        await flows.ask('clearRevocation', { effectiveAt: '2027-01-01T00:00:00.000Z' });
      },
    });

    expect(isEnabled()).toBe(true);
  });

  test('that does not end is reported in the result, and the token is disabled nevertheless', async () => {
    await onboardIn(world, { flows });
    flows.setPresent(atWork());

    const { outcome } = await revokeIn(flows);

    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'step-deadline' } });
    expect(outcome.failure?.residue.join()).toContain('waiting for operation');
    expect(isEnabled()).toBe(false);
  });
});

describe('an offboarding after a revocation', () => {
  test('removes everything, and the client stays marked: no old event brings the device back', async () => {
    await onboardIn(world, { flows });
    await revokeIn(flows);

    const { outcome } = await offboardIn(flows);

    expect(outcome.status).toBe('completed');
    expect([world.controlPlane.tokens.has(token), world.vault.has(main), bound()]).toEqual([false, false, []]);

    const { outcome: old } = await onboardIn(world, { flows, requestedAt: '2026-03-01T11:00:00.000Z' });
    expect(old).toMatchObject({ status: 'rolledBack', failure: { code: 'revoked' } });
    expect(world.controlPlane.tokens.has(token)).toBe(false);
  });
});
