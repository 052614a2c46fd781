import { beforeEach, describe, expect, test } from 'vitest';
import { createBinderEntity, names } from '../fakes/binderEntity.js';
import { CONNECTED_REGISTRY } from '../fakes/requests.js';
import { createWorld, type World } from '../fakes/world.js';

let world: World;
let binder: ReturnType<typeof createBinderEntity>;
beforeEach(() => {
  world = createWorld();
  binder = createBinderEntity(world);
});
const bound = () => world.controlPlane.clientsOf(CONNECTED_REGISTRY);
const writes = () => world.wire.count('setClientTokens');

describe('a wish that the service refuses', () => {
  const codes = async (tokens: readonly string[]) =>
    (await binder.bindAll(tokens)).map((outcome) => (outcome.kind === 'failed' ? outcome.code : outcome.kind));

  test('is found by the name that the service says, and fails alone', async () => {
    world.controlPlane.spoilt.set('client-2', 'The token client-2 does not exist.');
    expect(await codes(names(9))).toEqual(names(9).map((token) => (token === 'client-2' ? 'bind-refused' : 'done')));
    expect(bound()).toHaveLength(8);
    expect(writes()).toBe(2);
  });

  test.each([
    ['client-12', 'client-1'],
    ['my-client-1', 'client-1'],
  ])('is not mistaken for another whose name is a part of it: %s', async (spoilt, innocent) => {
    const id = `/subscriptions/s/resourceGroups/g/registries/myregistry/tokens/${spoilt}`;
    world.controlPlane.spoilt.set(spoilt, `Resource '${id}' was not found.`);
    expect(await codes([innocent, spoilt])).toEqual(['done', 'bind-refused']);
    expect(bound()).toEqual([innocent]);
  });

  test('is found by the name in other letters', async () => {
    world.controlPlane.spoilt.set('client-2', 'TOKEN CLIENT-2 NOT FOUND');
    expect(await codes(names(8))).toEqual(names(8).map((token) => (token === 'client-2' ? 'bind-refused' : 'done')));
    expect(writes()).toBe(2);
  });

  test('is found by halves when the service names none', async () => {
    world.controlPlane.spoilt.set('client-5', 'One of the tokens cannot be used.');
    expect(await codes(names(16))).toEqual(names(16).map((token) => (token === 'client-5' ? 'bind-refused' : 'done')));
    expect(bound()).toHaveLength(15);
    expect(writes()).toBeLessThanOrEqual(10);
  });

  test('is found with a second one beside it', async () => {
    world.controlPlane.spoilt.set('client-1', 'no').set('client-6', 'no');
    await codes(names(8));
    expect([...bound()].sort()).toEqual(names(8).filter((token) => token !== 'client-1' && token !== 'client-6'));
  });

  test('is none of ours when the list itself is what the service refuses', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['deleted-by-others'] });
    world.controlPlane.spoilt.set('deleted-by-others', 'One of the tokens cannot be used.');
    const outcomes = await binder.bindAll(['client-1', 'client-2']);
    expect(bound()).toEqual(['deleted-by-others']);
    for (const outcome of outcomes) expect(outcome.kind).not.toBe('done');
  });

  test('does not hold up the wish of a later run', async () => {
    world.controlPlane.spoilt.set('client-1', 'client-1 does not exist');
    await codes(['client-1']);
    world.controlPlane.spoilt.clear();
    expect(await codes(['client-1', 'client-2'])).toEqual(['done', 'done']);
  });
});
