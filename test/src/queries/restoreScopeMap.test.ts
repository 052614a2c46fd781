import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { report } from '../fakes/worlds/onboardScript.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { CONNECTED_REGISTRY, onboarding, REGISTRY } from '../fakes/answers/requests.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const DRIFTED = ['repositories/hello-world/content/write'];
const RIGHT = ['repositories/hello-world/content/read'];
const OWN = { scopeMap: 'a-map-of-its-own' };

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

const drift = (scopeMap: string) => world.controlPlane.setScopeMapActions(REGISTRY, scopeMap, DRIFTED);
const plan = (request: Readonly<Record<string, unknown>> = {}) =>
  world.queries.preflight(onboarding(request), undefined);
const codes = async (request?: Readonly<Record<string, unknown>>) =>
  (await plan(request)).problems.map(({ code }) => code);

describe('a scope map of ours that others have changed', () => {
  test.each([
    ['of a name that stands for its rights', {}],
    ['of a name of its own', OWN],
  ])('%s is put right by an onboarding that says so', async (_, request) => {
    await onboardIn(world, { request });
    const { scopeMap } = onboarding(request);
    await drift(scopeMap);
    const [problem] = (await plan(request)).problems;
    expect(problem).toMatchObject({
      code: 'scope-map-different',
      fix: expect.stringMatching(/^Onboard with restoreScopeMap: true, or: az acr scope-map update/),
    });
    const restoring = { ...request, restoreScopeMap: true };
    const { problems, writes } = await plan(restoring);
    expect(problems).toEqual([]);
    expect(writes).toContainEqual({
      step: 'ensureScopeMap',
      action: 'restore the rights of scope map',
      resource: scopeMap,
    });
    const { outcome } = await onboardIn(world, { request: restoring, run: 'mm7k3q8w00k2v9x2' });
    expect(outcome.status).toBe('completed');
    expect((await world.controlPlane.getScopeMap(REGISTRY, scopeMap))?.actions).toEqual(RIGHT);
    expect(await codes(restoring)).toEqual([]);
    expect((await plan(restoring)).writes).toEqual([]);
  });

  test('keeps its rights when that onboarding fails, and the operation says so', async () => {
    await onboardIn(world);
    const { scopeMap } = onboarding();
    await drift(scopeMap);
    const device = () => report({ outcome: 'digest-mismatch' });
    const { outcome } = await onboardIn(world, { request: { restoreScopeMap: true }, run: 'mm7k3q8w00k2v9x2', device });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { kept: [expect.stringContaining(scopeMap)] } });
    expect((await world.controlPlane.getScopeMap(REGISTRY, scopeMap))?.actions).toEqual(RIGHT);
  });

  test.each<[string, (scopeMap: string) => unknown, Readonly<Record<string, unknown>>]>([
    ['others made', () => undefined, {}],
    [
      'ours is not with these rights',
      () => undefined,
      { repositories: { 'hello-world': ['content/read', 'metadata/read'] } },
    ],
    ['others use by now', (scopeMap) => world.controlPlane.createToken(REGISTRY, 'a-stranger', scopeMap), {}],
  ])('%s is not changed, even when the request asks for it', async (name, prepare, more) => {
    const request = { ...OWN, ...more, restoreScopeMap: true };
    if (name === 'others made')
      await world.controlPlane.createScopeMap(REGISTRY, OWN.scopeMap, { actions: DRIFTED, description: 'theirs' });
    else await onboardIn(world, { request: OWN });
    await drift(OWN.scopeMap);
    await prepare(OWN.scopeMap);
    const { problems } = await plan(request);
    expect(problems).toMatchObject([
      { code: 'scope-map-different', fix: expect.stringMatching(/^Choose another name/) },
    ]);
  });

  test('with the mark, and no client with its rights, is not changed', async () => {
    await world.controlPlane.createScopeMap(REGISTRY, OWN.scopeMap, { actions: DRIFTED, description: SCOPE_MAP_MARK });
    expect(await codes({ ...OWN, restoreScopeMap: true })).toEqual(['scope-map-different']);
  });
});

describe('a problem that somebody has just solved', () => {
  test('is seen before a request is refused, and costs nothing where nothing is wrong', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
    const healthy = await world.controlPlane.getRegistry();
    if (!healthy) throw new Error('no registry');
    world.controlPlane.registry = { ...healthy, dataEndpointEnabled: false };
    expect(await codes()).toEqual(['data-endpoint-disabled']);
    world.controlPlane.registry = healthy;
    expect(await codes()).toEqual([]);
    world.wire.calls.length = 0;
    expect(await codes()).toEqual([]);
    expect(world.wire.calls).not.toContain('getRegistry');
  });
});
