import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CheckResult } from '@connected-registry/protocol/answers/clientAnswers';
import type { CheckRun } from '../../../../src/domain/check/checkRun.js';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, defaultTokenName, SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { NOTHING_KNOWN } from '../../../../src/domain/clients/clientRecord.js';
import type { Runs } from '../../../../src/ports/runs.js';
import type { OperationOutcome } from '../../../../src/domain/operations/operation.js';
import { check } from '../../../../src/orchestrations/check.js';
import { inAuditScope } from '../../../../src/audit/audit.js';
import { FakeDurableContext } from '../../fakes/durable/durableContext.js';
import { addFleet, FLEET_MAP, nameOf, ONBOARDED, referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
let lines: Record<string, unknown>[];
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(ONBOARDED.getTime() + 10 * 86_400_000) });
  world = createWorld();
  lines = [];
});
afterEach(() => vi.useRealTimers());

/** Runs the real flow with the real activities over the fake services. */
async function run(clients?: readonly ClientReference[]): Promise<OperationOutcome<CheckResult>> {
  const input: CheckRun = {
    run: 'mm7k3q8w00k2v9x1',
    fingerprint: '',
    requestedAt: new Date().toISOString(),
    actor: 'timer',
    limits: config().limits,
    request: { registries: [REGISTRY], ...(clients ? { clients } : {}) },
  };
  const activities: Readonly<Record<string, (input: never) => Promise<unknown>>> = world.activities;
  const context = new FakeDurableContext(
    input,
    ({ name, input: given }) => {
      const { by, ...rest } = given as { by: { operation: string; actor: string } };
      const scope = { log: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>), ...by };
      return inAuditScope(scope, async () => activities[name]?.(rest as never));
    },
    'ck-all',
  );
  return context.run(check);
}

async function result(clients?: readonly ClientReference[]): Promise<CheckResult> {
  const { status, result: found } = await run(clients);
  if (status !== 'completed' || !found) throw new Error(`ended as ${status}`);
  return found;
}

const token = (nth: number) => world.controlPlane.token(defaultTokenName(referenceOf(nth)));
const unbind = (nth: number) =>
  world.controlPlane.change(CONNECTED_REGISTRY, {
    clientTokens: world.controlPlane
      .clientsOf(CONNECTED_REGISTRY)
      .filter((name) => name !== defaultTokenName(referenceOf(nth))),
  });

describe('a check of everything', () => {
  test('finds no difference in a fleet that is as configured, and writes nothing', async () => {
    await addFleet(world, 60);
    expect(await result()).toEqual({
      checked: 60,
      counts: { ok: 60 },
      findings: [],
      omittedFindings: 0,
      unused: [],
      omittedUnused: 0,
      unmanaged: [],
      omittedUnmanaged: 0,
      warnings: [],
    });
    expect(world.wire.writes).toEqual([]);
    expect(lines).toEqual([
      expect.objectContaining({
        event: 'check.summary',
        checked: 60,
        actor: 'timer',
        operation: 'ck-all.mm7k3q8w00k2v9x1',
      }),
    ]);
  });

  test('asks ARM as often for 1,000 clients as for ten: by listings alone', async () => {
    await addFleet(world, 10);
    await result();
    const ten = world.wire.calls.filter((call) => call !== 'page').sort();
    expect(ten).toEqual(['listConnectedRegistries', 'listScopeMaps', 'listTokens']);

    world = createWorld();
    await addFleet(world, 1000, 50);
    expect((await result()).counts).toEqual({ ok: 1000 });
    expect(world.wire.calls.filter((call) => call !== 'page').sort()).toEqual(ten);
    expect(world.wire.count('page')).toBe(2000 / 25);
  });

  test('names each of the drifted, and nothing else', async () => {
    await addFleet(world, 30);
    unbind(1);
    token(2).slots = { password1: { value: 'x', createdAt: '2026-03-05T00:00:00.000Z' } };
    token(3).scopeMap = 'another-map';
    world.controlPlane.tokens.delete(defaultTokenName(referenceOf(4)));
    token(5).isEnabled = false;
    const { findings, counts } = await result();
    const seen = findings.map(({ client, state, differences }) => [
      client,
      state,
      ...differences.map(({ code }) => code),
    ]);
    expect(seen).toEqual([
      [nameOf(1), 'unbound', 'binding-missing'],
      [nameOf(2), 'drifted', 'password-replaced'],
      [nameOf(3), 'drifted', 'token-scope-map'],
      [nameOf(4), 'orphaned', 'token-missing'],
      [nameOf(5), 'drifted', 'token-disabled'],
    ]);
    expect(counts).toEqual({ ok: 25, unbound: 1, drifted: 3, orphaned: 1 });
    expect(lines.filter(({ event }) => event === 'check.finding')).toHaveLength(5);
    expect(lines).toContainEqual(
      expect.objectContaining({
        event: 'check.finding',
        client: nameOf(1),
        state: 'unbound',
        differences: ['binding-missing'],
      }),
    );
  });

  test('says of the expiring and the expired when', async () => {
    await addFleet(world, 2);
    vi.setSystemTime(new Date('2026-05-20T12:00:00Z'));
    expect((await result()).findings).toMatchObject([
      { state: 'expiring', expiresOn: '2026-05-30T12:00:00.000Z' },
      { state: 'expiring' },
    ]);
    vi.setSystemTime(new Date('2026-06-02T12:00:00Z'));
    expect((await result()).counts).toEqual({ expired: 2 });
  });

  test('reads again before it reports a difference: one that a run caused in the meantime is not reported', async () => {
    await addFleet(world, 3);
    // Between the listing of the tokens and a second look, one is bound again, and another is offboarded.
    unbind(0);
    world.controlPlane.tokens.delete(defaultTokenName(referenceOf(1)));
    const newest = world.vault.newest.bind(world.vault);
    vi.spyOn(world.vault, 'newest').mockImplementation(async (name) => {
      // The listing of the vault's pages asks the fake itself; only a second look comes over the wire.
      if (world.wire.count('newest') === 0) return newest(name);
      const bound = [referenceOf(0), referenceOf(2)].map((reference) => defaultTokenName(reference));
      world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: bound });
      return name === clientKey(referenceOf(1)) ? undefined : newest(name);
    });
    expect(await result()).toMatchObject({ checked: 2, counts: { ok: 2 }, findings: [] });
  });

  test('counts differences beyond the limit of the answer, and still logs every one', async () => {
    await addFleet(world, 600);
    world.controlPlane.scopeMaps.delete(FLEET_MAP);
    const { findings, omittedFindings, counts } = await result();
    expect([findings.length, omittedFindings, counts]).toEqual([200, 400, { drifted: 600 }]);
    expect(lines.filter(({ event }) => event === 'check.finding')).toHaveLength(600);
  });

  test('goes on after a failure where it was', async () => {
    await addFleet(world, 600);
    world.wire.fail('page', { when: 'before', kind: 'throttled', times: 1 });
    world.wire.fail('listTokens', { when: 'before', kind: 'unavailable', times: 2 });
    expect((await result()).counts).toEqual({ ok: 600 });
  });

  test('ends without a result where the app may not read', async () => {
    await addFleet(world, 1);
    world.wire.fail('listTokens', { when: 'before', kind: 'forbidden' });
    expect(await run()).toMatchObject({ status: 'rolledBack', failure: { code: 'service-forbidden' } });
  });

  test('warns of messages that expire before they are fetched', async () => {
    await addFleet(world, 1);
    world.controlPlane.change(CONNECTED_REGISTRY, { messageTtl: 'P2D', lastSyncTime: '2026-03-01T12:00:00.000Z' });
    expect((await result()).warnings).toMatchObject([
      { code: 'message-ttl-exceeded', connectedRegistry: CONNECTED_REGISTRY },
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'check.warning', code: 'message-ttl-exceeded' }));
  });
});

describe('an unused resource', () => {
  const long = '2026-01-01T00:00:00.000Z';
  const addToken = (name: string, scopeMap: string, createdAt = long) =>
    world.controlPlane.tokens.set(name, { scopeMap, isEnabled: true, createdAt, slots: {} });

  test('is reported when it looks like ours, with the reason', async () => {
    await addFleet(world, 1);
    world.controlPlane.scopeMaps.set('left', {
      name: 'left',
      actions: [],
      description: SCOPE_MAP_MARK,
      createdAt: long,
    });
    addToken(defaultTokenName(referenceOf(9)), 'somebodys-map');
    addToken('by-hand', FLEET_MAP);
    const { unused } = await result();
    expect(unused).toEqual([
      {
        kind: 'token',
        registry: REGISTRY,
        name: defaultTokenName(referenceOf(9)),
        reason: expect.stringContaining('name'),
      },
      { kind: 'token', registry: REGISTRY, name: 'by-hand', reason: expect.stringContaining(FLEET_MAP) },
      { kind: 'scopeMap', registry: REGISTRY, name: 'left', reason: expect.stringContaining('mark') },
    ]);
    expect(lines.filter(({ event }) => event === 'check.unused')).toHaveLength(3);
  });

  test('is not reported if others created it, if it is a sync token or young, or if a run works with it', async () => {
    await addFleet(world, 1);
    addToken('ci-pipeline', '_repositories_pull');
    addToken(defaultTokenName(referenceOf(5)), FLEET_MAP, new Date().toISOString());
    const young = { name: 'young', actions: [], description: SCOPE_MAP_MARK, createdAt: new Date().toISOString() };
    world.controlPlane.scopeMaps.set('young', young);
    const ofOthers = { name: 'theirs', actions: [], description: 'by hand', createdAt: long };
    world.controlPlane.scopeMaps.set('theirs', ofOthers);
    addToken(defaultTokenName(referenceOf(6)), FLEET_MAP);
    const listing = await world.vault.newest(clientKey(referenceOf(0)));
    const tags = { ...listing?.tags, client: nameOf(6), token: defaultTokenName(referenceOf(6)) };
    await world.vault.store(candidateSecretName(referenceOf(6)), '', { expiresOn: '', tags });
    expect((await result()).unused).toEqual([]);
  });
});

describe('an unmanaged token', () => {
  const bind = (...names: readonly string[]) =>
    world.controlPlane.change(CONNECTED_REGISTRY, {
      clientTokens: [...world.controlPlane.clientsOf(CONNECTED_REGISTRY), ...names],
    });
  const add = (name: string, scopeMap = 'their-map') =>
    world.controlPlane.tokens.set(name, { scopeMap, isEnabled: true, createdAt: ONBOARDED.toISOString(), slots: {} });

  test('is reported with what can be done, and in the log; nothing is changed', async () => {
    await addFleet(world, 3);
    add('press-1');
    add('not-bound');
    bind('press-1', 'gone', CONNECTED_REGISTRY);
    const { unmanaged, omittedUnmanaged, unused } = await result();
    expect([omittedUnmanaged, unused]).toEqual([0, []]);
    expect(unmanaged).toMatchObject([{ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, token: 'press-1' }]);
    expect(unmanaged?.[0]?.fix).toMatch(/adopt: true.*--remove-client-tokens press-1$/);
    expect(lines.filter(({ event }) => event === 'check.unmanaged')).toMatchObject([{ token: 'press-1' }]);
    expect(lines.find(({ event }) => event === 'check.summary')).toMatchObject({ unmanaged: 1, omittedUnmanaged: 0 });
    expect(world.wire.writes).toEqual([]);
  });

  test('is not reported twice: one that looks like ours is among the unused', async () => {
    await addFleet(world, 1);
    add('by-hand', FLEET_MAP);
    bind('by-hand');
    const { unused, unmanaged } = await result();
    expect([unused.map(({ name }) => name), unmanaged]).toEqual([['by-hand'], []]);
  });

  test('is counted beyond the hundredth, and read again before it is reported', async () => {
    const names = Array.from({ length: 130 }, (_, nth) => `press-${String(nth).padStart(3, '0')}`);
    for (const name of names) add(name);
    bind(...names);
    // Deleted after the listing, and before the second look.
    world.wire.observer = (method) => {
      if (method === 'getToken') world.controlPlane.tokens.delete('press-000');
    };
    const { unmanaged, omittedUnmanaged } = await result();
    expect([unmanaged?.length, omittedUnmanaged, unmanaged?.[0]?.token]).toEqual([99, 30, 'press-001']);
  });

  test('that a run has claimed and not saved a secret for is not reported while the run lasts', async () => {
    const { connectedRegistry, client } = referenceOf(1);
    add('press-1');
    bind('press-1');
    const claims = (isRunning: boolean): Partial<Runs> => ({
      tokenOwner: async () => referenceOf(1),
      record: async () => NOTHING_KNOWN,
      running: async () => (isRunning ? { id: 'x.y', kind: 'onboard' } : undefined),
    });
    const find = (isRunning: boolean) =>
      world.activities.findLeftOvers({ run: 'r', registry: REGISTRY, tokens: [] }, claims(isRunning) as Runs);
    expect(await find(true)).toMatchObject({ value: { unmanaged: [] } });
    expect(await find(false)).toMatchObject({
      value: { unmanaged: [{ fix: expect.stringContaining(`the token of ${client} of ${connectedRegistry}`) }] },
    });
  });
});

describe('a check of some clients', () => {
  test('says of each how it stands, also of one that was never onboarded', async () => {
    await addFleet(world, 3);
    unbind(1);
    const references = [0, 1, 77].map((nth) => referenceOf(nth));
    expect(await result(references)).toMatchObject({
      checked: 3,
      counts: { ok: 1, unbound: 1, absent: 1 },
      findings: [
        { client: nameOf(0), state: 'ok' },
        { client: nameOf(1), state: 'unbound' },
        { client: nameOf(77), state: 'absent', differences: [] },
      ],
      unused: [],
    });
    expect(world.wire.count('page')).toBe(0);
  });

  test('reads a listing where that takes fewer calls than a hundred tokens', async () => {
    await addFleet(world, 100);
    await result(Array.from({ length: 100 }, (_, nth) => referenceOf(nth)));
    const calls = world.wire.calls.filter((call) => call !== 'newest');
    expect(calls.sort()).toEqual(['getScopeMap', 'listConnectedRegistries', 'listTokens']);
  });

  test('warns of their connected registries only', async () => {
    await addFleet(world, 4, 2);
    for (const name of [CONNECTED_REGISTRY, 'edge0001'])
      world.controlPlane.change(name, { messageTtl: 'P1D', lastSyncTime: '2026-03-01T12:00:00.000Z' });
    const { warnings } = await result([referenceOf(2, 'edge0001')]);
    expect(warnings.map(({ connectedRegistry }) => connectedRegistry)).toEqual(['edge0001']);
  });
});
