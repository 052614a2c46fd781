import { beforeEach, describe, expect, test } from 'vitest';
import { createBinderEntity, names } from '../fakes/entities/binderEntity.js';
import { CONNECTED_REGISTRY } from '../fakes/answers/requests.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

let world: World;
let binder: ReturnType<typeof createBinderEntity>;
beforeEach(() => {
  world = createWorld();
  binder = createBinderEntity(world);
});
const bound = () => world.controlPlane.clientsOf(CONNECTED_REGISTRY);
const writes = () => world.wire.count('setClientTokens');

describe('a binding request that the service refuses', () => {
  const codes = async (tokens: readonly string[]) =>
    (await binder.bindAll(tokens)).map((outcome) => (outcome.kind === 'failed' ? outcome.code : outcome.kind));

  test.each(['client-1', 'client-2', 'client-9'])('fails alone, whichever it is: %s', async (spoilt) => {
    world.controlPlane.spoilt.add(spoilt);
    expect(await codes(names(9))).toEqual(names(9).map((token) => (token === spoilt ? 'bind-refused' : 'done')));
    expect(bound()).toHaveLength(8);
  });

  test('is found by bisection, with few writes', async () => {
    world.controlPlane.spoilt.add('client-5');
    expect(await codes(names(16))).toEqual(names(16).map((token) => (token === 'client-5' ? 'bind-refused' : 'done')));
    expect(bound()).toHaveLength(15);
    expect(writes()).toBeLessThanOrEqual(10);
  });

  test('is found together with a second one', async () => {
    world.controlPlane.spoilt.add('client-1').add('client-6');
    await codes(names(8));
    expect([...bound()].sort()).toEqual(names(8).filter((token) => token !== 'client-1' && token !== 'client-6'));
  });

  test('is not blamed if the service refuses the current list itself', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['deleted-by-others'] });
    world.controlPlane.spoilt.add('deleted-by-others');
    const outcomes = await binder.bindAll(['client-1', 'client-2']);
    expect(bound()).toEqual(['deleted-by-others']);
    for (const outcome of outcomes) expect(outcome.kind).not.toBe('done');
  });

  test('does not block the request of a later run', async () => {
    world.controlPlane.spoilt.add('client-1');
    await codes(['client-1']);
    world.controlPlane.spoilt.clear();
    expect(await codes(['client-1', 'client-2'])).toEqual(['done', 'done']);
  });
});
