import { beforeEach, describe, expect, test } from 'vitest';
import { NO_REQUESTS } from '../../../src/domain/binding/bindingRequests.js';
import { createBinderEntity, names } from '../fakes/entities/binderEntity.js';
import { CONNECTED_REGISTRY } from '../fakes/answers/requests.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const BOUND = { kind: 'done', value: { bound: true } };
let world: World;
let binder: ReturnType<typeof createBinderEntity>;
beforeEach(() => {
  world = createWorld();
  binder = createBinderEntity(world);
});
const bound = () => world.controlPlane.clientsOf(CONNECTED_REGISTRY);
const writes = () => world.wire.count('setClientTokens');

describe('the binder', () => {
  test('binds forty waiting requests with one write, next to tokens that others bound', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['foreign'] });
    const tokens = names(40);
    expect(new Set((await binder.bindAll(tokens)).map((outcome) => JSON.stringify(outcome)))).toEqual(
      new Set([JSON.stringify(BOUND)]),
    );
    expect([...bound()].sort()).toEqual(['foreign', ...tokens].sort());
    expect(writes()).toBe(1);
    // One read before the write and one after it, for all.
    expect(world.wire.count('getConnectedRegistry')).toBe(2);
  });

  test('binds without an earlier request, and is idempotent', async () => {
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
    expect(await binder.send('ensure', 'CLIENT-1')).toEqual(BOUND);
    expect([bound(), writes()]).toEqual([['client-1'], 1]);
  });

  test('lets announced runs come first, and writes once for all when the last has requested', async () => {
    for (const token of names(3)) await binder.send('announce', token);
    await binder.send('request', 'client-1');
    expect(await binder.send('ensure', 'client-1')).toMatchObject({ kind: 'retryLater', afterSeconds: 2 });
    await binder.send('request', 'client-2');
    expect(await binder.send('ensure', 'client-2')).toMatchObject({ kind: 'retryLater', afterSeconds: 2 });
    expect(world.wire.calls).toEqual([]);
    await binder.send('request', 'client-3');
    for (const token of names(3)) expect(await binder.send('ensure', token)).toEqual(BOUND);
    expect(writes()).toBe(1);
    for (const token of names(3)) await binder.send('complete', token);
    expect(binder.state).toEqual(NO_REQUESTS);
  });

  test('waits at most fifteen seconds for an announced run, and not for one whose announcement is a minute old', async () => {
    await binder.send('announce', 'client-2');
    expect(await binder.send('ensure', 'client-1')).toMatchObject({ kind: 'retryLater' });
    binder.setTime('2026-03-01T12:00:14.999Z');
    expect(await binder.send('ensure', 'client-1')).toMatchObject({ kind: 'retryLater' });
    binder.setTime('2026-03-01T12:00:15.000Z');
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
    expect(await binder.send('ensure', 'client-3')).toMatchObject({ kind: 'retryLater' });
    binder.setTime('2026-03-01T12:01:00.000Z');
    expect(await binder.send('ensure', 'client-4')).toEqual(BOUND);
  });

  test('waits for no run that was announced before the clock was set back', async () => {
    binder.setTime('2026-03-01T13:00:00.000Z');
    await binder.send('announce', 'client-2');
    expect(await binder.send('ensure', 'client-1')).toMatchObject({ kind: 'retryLater' });
    binder.setTime('2026-03-01T12:00:00.000Z');
    await binder.send('announce', 'client-3');
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
    expect(await binder.send('ensure', 'client-4')).toMatchObject({ kind: 'retryLater' });
    binder.setTime('2026-03-01T12:00:15.000Z');
    expect(await binder.send('ensure', 'client-4')).toEqual(BOUND);
  });

  test.each([
    [0.2, 1],
    [1, 3],
  ])(
    'binds forty announced runs that become ready every %d seconds with %i writes, not one each',
    async (seconds, expected) => {
      const tokens = names(40);
      for (const token of tokens) await binder.send('announce', token);
      const waiting = new Set<string>();
      for (const [nth, token] of tokens.entries()) {
        binder.setTime(new Date(Date.parse('2026-03-01T12:00:00.000Z') + nth * seconds * 1000).toISOString());
        await binder.send('request', token);
        // As runs do that wait, each asks again, here when the next one is ready.
        for (const one of waiting.add(token))
          if ((await binder.send('ensure', one)).kind === 'done') waiting.delete(one);
      }
      expect([...waiting]).toEqual([]);
      expect(bound().toSorted()).toEqual(tokens.toSorted());
      expect(writes()).toBe(expected);
    },
  );

  test.each(['complete', 'unbind', 'forceUnbind'] as const)('forgets an announcement at %s', async (operation) => {
    await binder.send('announce', 'client-2');
    await binder.send(operation, 'client-2');
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
  });

  test('ignores an announcement that comes after the request', async () => {
    await binder.send('request', 'client-2');
    await binder.send('announce', 'client-2');
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
  });

  test('writes nothing for a token that is in the list, in any case', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['Client-1'] });
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
    expect(writes()).toBe(0);
  });

  test('writes again if somebody overwrites the list in between, and loses neither change', async () => {
    world.controlPlane.foreignWriter = () => {
      world.controlPlane.foreignWriter = undefined;
      return ['by-terraform'];
    };
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
    expect([...bound()].sort()).toEqual(['by-terraform', 'client-1']);
    expect(writes()).toBe(2);
  });

  test('retries later if somebody overwrites the list repeatedly', async () => {
    world.controlPlane.foreignWriter = () => ['by-terraform'];
    expect(await binder.send('ensure', 'client-1')).toMatchObject({ kind: 'retryLater' });
    world.controlPlane.foreignWriter = undefined;
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
  });

  test('keeps only open requests: a completed binding that somebody removes stays removed', async () => {
    await binder.bindAll(['client-1', 'client-2']);
    await binder.send('complete', 'client-1');
    await binder.send('complete', 'client-2');
    expect(binder.state).toEqual(NO_REQUESTS);
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['client-2'] });
    await binder.bindAll(['client-3']);
    expect(bound()).toEqual(['client-2', 'client-3']);
  });

  test('reads the list again for ensureAgain', async () => {
    await binder.send('ensure', 'client-1');
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
    expect(await binder.send('ensureAgain', 'client-1')).toEqual(BOUND);
    expect(bound()).toEqual(['client-1']);
  });

  test.each(['before', 'after'] as const)('converges when its write failed %s its effect', async (when) => {
    world.wire.fail('setClientTokens', { when });
    expect(await binder.send('ensure', 'client-1')).toMatchObject({ kind: 'retryLater' });
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
    expect(bound()).toEqual(['client-1']);
  });

  test('fails when the connected registry is gone', async () => {
    world.controlPlane.connectedRegistries.clear();
    expect(await binder.send('ensure', 'client-1')).toMatchObject({ code: 'connected-registry-not-found' });
  });

  test('removes a request at its deadline', async () => {
    await binder.send('request', 'client-1');
    binder.setTime('2026-03-20T00:00:00.000Z');
    await binder.request('ensure', { ...binder.bindingRequest('client-2'), deadline: '2026-04-01T00:00:00.000Z' });
    expect(bound()).toEqual(['client-2']);
  });
});

describe('over the cap', () => {
  test('the oldest requests are bound, the others fail with a code', async () => {
    binder = createBinderEntity(world, 3);
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['foreign'] });
    const outcomes = await binder.bindAll(names(4));
    expect(outcomes.slice(0, 2)).toEqual([BOUND, BOUND]);
    for (const outcome of outcomes.slice(2)) expect(outcome).toMatchObject({ code: 'too-many-clients' });
    expect(bound()).toEqual(['foreign', 'client-1', 'client-2']);
    expect(binder.state.bindingRequests.map((bindingRequest) => bindingRequest.token)).toEqual([
      'client-1',
      'client-2',
    ]);
  });

  test('an earlier call does not overtake an older request', async () => {
    binder = createBinderEntity(world, 1);
    await binder.send('request', 'client-1');
    expect(await binder.send('ensure', 'client-2')).toMatchObject({ code: 'too-many-clients' });
    expect(await binder.send('ensure', 'client-1')).toEqual(BOUND);
  });

  test('two runs that request the same token do not get an answer that it is bound when it is not', async () => {
    binder = createBinderEntity(world, 1);
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['foreign'] });
    await binder.send('request', 'client-1', 'lost-run');
    expect(await binder.send('ensure', 'client-1', 'present-run')).toMatchObject({ code: 'too-many-clients' });
    expect(bound()).toEqual(['foreign']);
  });
});

describe('an unbinding', () => {
  test('removes the token of a rolled-back run, keeps all others, and is idempotent', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['foreign'] });
    await binder.bindAll(['client-1', 'client-2']);
    await binder.send('unbind', 'client-1');
    expect(await binder.send('ensureUnbound', 'client-1')).toMatchObject({ kind: 'done' });
    expect(bound()).toEqual(['foreign', 'client-2']);
    const before = writes();
    expect(await binder.send('ensureUnbound', 'client-1')).toMatchObject({ kind: 'done' });
    expect(writes()).toBe(before);
  });

  test('withdraws a request that was never bound', async () => {
    await binder.send('request', 'client-1');
    await binder.send('unbind', 'client-1');
    await binder.send('ensureUnbound', 'client-1');
    await binder.bindAll(['client-2']);
    expect(bound()).toEqual(['client-2']);
  });

  test('ends once it is done: a later binding of the token stays', async () => {
    await binder.bindAll(['client-1']);
    await binder.send('unbind', 'client-1');
    await binder.send('ensureUnbound', 'client-1');
    expect(binder.state).toEqual(NO_REQUESTS);
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['client-1'] });
    await binder.bindAll(['client-2']);
    expect(bound()).toEqual(['client-1', 'client-2']);
  });

  test('shares a write with binding requests', async () => {
    await binder.bindAll(['client-1']);
    await binder.send('unbind', 'client-1');
    await binder.bindAll(['client-2']);
    expect([bound(), writes()]).toEqual([['client-2'], 2]);
  });

  test('retries later if its write fails, and then succeeds', async () => {
    await binder.bindAll(['client-1']);
    await binder.send('unbind', 'client-1');
    world.wire.fail('setClientTokens', { when: 'before' });
    expect(await binder.send('ensureUnbound', 'client-1')).toMatchObject({ kind: 'retryLater' });
    await binder.send('ensureUnbound', 'client-1');
    expect(bound()).toEqual([]);
  });
});
