import { describe, expect, test } from 'vitest';
import { armBuckets } from '../../../../src/azure/budget/armBuckets.js';
import { budgetPolicy } from '../../../../src/azure/budget/budgetPolicy.js';
import type { Need, TurnOrder } from '../../../../src/azure/budget/placement.js';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { vaultBucket } from '../../../../src/azure/budget/vaultBuckets.js';

const RATES = {
  reads: { capacity: 250, perSecond: 25 },
  writes: { capacity: 20, perSecond: 10 },
  deletes: { capacity: 200, perSecond: 10 },
};
const SUBSCRIPTION = 'a-subscription';
const ROOT = `https://management.azure.com/subscriptions/${SUBSCRIPTION}`;
const buckets = armBuckets(RATES);
const { capacity } = RATES.writes;
const OWN = 'own';

/** Turns on a clock that only sleeps move, and a client of Resource Manager that notes what it sends. */
function world() {
  const clock = {
    time: 0,
    slept: 0,
    now: () => clock.time,
    sleep: async (milliseconds: number) => {
      clock.time += milliseconds;
      clock.slept += milliseconds;
    },
  };
  const turns = new Turns(clock);
  const policy = budgetPolicy(turns, buckets.ofRequest(OWN));
  const sent: string[] = [];
  const send = async (method: string, status = 200, headers: Readonly<Record<string, string>> = {}) =>
    policy.sendRequest({ method, url: `${ROOT}/resourceGroups/edge` }, async (request) => {
      sent.push(request.method);
      const all = new Map(Object.entries(headers));
      return { status, headers: Object.assign(all.entries(), { get: (name: string) => all.get(name) }) };
    });
  return { clock, turns, send, sent };
}

const order = (key: string, more: Partial<TurnOrder> = {}): TurnOrder => ({
  key,
  priority: 'rollout',
  servesMany: false,
  choices: own({ bucket: buckets.of(SUBSCRIPTION, OWN, 'writes'), tokens: 1 }),
  ...more,
});

function own(...needs: Need[]) {
  return [{ principal: OWN, needs }];
}

describe('work', () => {
  test('is done at once while there are tokens, and returns those that it does not use', async () => {
    const { turns, send, sent, clock } = world();
    for (let nth = 0; nth < 50; nth += 1)
      expect(
        await turns.inTurn(
          order('a', { choices: own({ bucket: buckets.of(SUBSCRIPTION, OWN, 'writes'), tokens: 10 }) }),
          async () => (nth === 0 ? send('PUT') : undefined),
        ),
      ).toHaveProperty('result');
    expect([sent, clock.slept]).toEqual([['PUT'], 0]);
  });

  test('returns its tokens when it throws', async () => {
    const { turns, clock } = world();
    for (let nth = 0; nth < 50; nth += 1)
      await expect(turns.inTurn(order('a'), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(clock.slept).toBe(0);
  });

  test('is not started before its turn, and comes at its time without another wait', async () => {
    const { turns, send, sent, clock } = world();
    // Eighteen find a token, two are left for more urgent work, and each of the others has a time of its own.
    for (let nth = 0; nth < 18; nth += 1) await turns.inTurn(order(`run ${nth}`), () => send('PUT'));
    for (let nth = 18; nth < 60; nth += 1) expect(turns.reserve(order(`run ${nth}`), 0)).toBe((nth - 17) / 10);
    const turn = await turns.inTurn(order('new'), () => send('PUT'));
    expect([turn, sent.length, clock.slept]).toEqual([{ seconds: 4.3 }, 18, 0]);
    for (let nth = 18; nth < 60; nth += 1) {
      clock.time += 100;
      expect(await turns.inTurn(order(`run ${nth}`), () => send('PUT'))).toHaveProperty('result');
    }
    clock.time += 100;
    expect(await turns.inTurn(order('new'), () => send('PUT'))).toHaveProperty('result');
    expect([sent.length, clock.slept]).toEqual([61, 0]);
  });

  test('waits for all kinds that it needs, and takes none before', async () => {
    const { turns, send } = world();
    const both = order('both', {
      choices: own(
        { bucket: buckets.of(SUBSCRIPTION, OWN, 'reads'), tokens: 2 },
        { bucket: buckets.of(SUBSCRIPTION, OWN, 'writes'), tokens: 1 },
      ),
    });
    await send('PUT', 429, { 'retry-after': '30' });
    expect(await turns.inTurn(both, () => send('PUT'))).toEqual({ seconds: expect.closeTo(30.4, 0) as number });
    for (let nth = 0; nth < 200; nth += 1) await send('GET');
  });
});

describe('a request', () => {
  test('of work in progress waits for a token', async () => {
    const { turns, send, sent, clock } = world();
    await turns.inTurn(order('a'), async () => {
      for (let nth = 0; nth < capacity + 30; nth += 1) await send('PUT');
    });
    expect(sent).toHaveLength(capacity + 30);
    expect(clock.slept).toBeGreaterThan(2500);
  });

  test('outside work waits briefly, and then is not sent', async () => {
    const { send, sent } = world();
    await send('PUT', 429, { 'retry-after': '30' });
    await expect(send('PUT')).rejects.toMatchObject({ name: 'AwaitsTurn', seconds: expect.closeTo(30, 0) as number });
    expect(sent).toHaveLength(1);
  });

  test('429 stops all requests of its kind, and only those', async () => {
    const { turns, send, sent } = world();
    await send('PATCH', 429, { 'retry-after': '17' });
    for (const method of ['PUT', 'PATCH', 'POST']) await expect(send(method)).rejects.toThrow();
    await send('GET');
    await send('DELETE');
    expect(sent).toEqual(['PATCH', 'GET', 'DELETE']);
    expect(await turns.inTurn(order('a', { priority: 'revocation' }), () => send('PUT'))).toMatchObject({
      seconds: expect.closeTo(17, 0) as number,
    });
    expect(turns.reserve(order('a'), 17)).toBeGreaterThanOrEqual(17);
  });

  test('of another subscription has its own budget', async () => {
    const { turns, send } = world();
    await send('PUT', 429, { 'retry-after': '17' });
    const other = order('a', { choices: own({ bucket: buckets.of('another', OWN, 'writes'), tokens: 1 }) });
    expect(await turns.inTurn(other, async () => 7)).toEqual({ result: 7 });
  });

  test('a count in the answer is believed', async () => {
    const { send, clock } = world();
    await send('PUT', 200, { 'x-ms-ratelimit-remaining-subscription-writes': '0' });
    await send('PUT');
    expect(clock.slept).toBeGreaterThan(0);
  });

  test('of an overview comes after all who wait, and leaves tokens to everybody else', async () => {
    const { turns, send, sent } = world();
    // Three of twenty tokens are left to more urgent requests.
    await turns.asInventory(async () => {
      for (let nth = 0; nth < 17; nth += 1) await send('PUT');
    });
    for (let nth = 0; nth < 60; nth += 1) turns.reserve(order(`run ${nth}`), 0);
    await expect(turns.asInventory(() => send('PUT'))).rejects.toMatchObject({ name: 'AwaitsTurn' });
    expect(sent).toHaveLength(17);
    // A request of an operator, and work in its turn, are not delayed.
    await send('PUT');
    await turns.asInventory(() => turns.inTurn(order('urgent', { priority: 'revocation' }), () => send('PUT')));
    expect(sent).toHaveLength(19);
  });

  test('of a reading that nobody waits for comes last as well, and waits for as long as it is given', async () => {
    const { turns, send, sent } = world();
    await turns.asInventory(async () => {
      for (let nth = 0; nth < 17; nth += 1) await send('PUT');
    });
    await send('PUT');
    await expect(turns.asInventory(() => send('PUT'), 1)).rejects.toMatchObject({ name: 'AwaitsTurn' });
    await turns.asInventory(() => send('PUT'), 60_000);
    expect(sent).toHaveLength(19);
  });

  test('a clock that stands still keeps nobody waiting for ever', async () => {
    const standing = new Turns({ now: () => 0, sleep: async () => undefined });
    const policy = budgetPolicy(standing, buckets.ofRequest(OWN));
    const get = () =>
      policy.sendRequest({ method: 'PUT', url: ROOT }, async () => ({
        status: 200,
        headers: Object.assign(new Map<string, string>().entries(), { get: () => undefined }),
      }));
    for (let nth = 0; nth < capacity - 1; nth += 1) await get();
    await expect(get()).rejects.toMatchObject({ name: 'AwaitsTurn' });
  });
});

test('buckets tell creations of secrets from other requests, and subscriptions whatever their case', () => {
  const name = (method: string, path: string) => vaultBucket({ method, url: `https://v.vault.azure.net${path}` }).name;
  expect(name('PUT', '/secrets/a?api-version=7.5')).toBe('vault v.vault.azure.net creations');
  expect(name('GET', '/secrets/a')).toBe('vault v.vault.azure.net others');
  expect(name('PATCH', '/secrets/a/0123')).toBe('vault v.vault.azure.net others');
  expect(buckets.of('ABC', OWN, 'reads').name).toBe(buckets.of('abc', OWN, 'reads').name);
  expect(buckets.ofRequest(OWN)({ method: 'GET', url: 'https://management.azure.com/tenants' })).toBeUndefined();
  expect(buckets.ofRequest(OWN)({ method: 'POST', url: `${ROOT}/x` })?.name).toBe(`arm ${SUBSCRIPTION} own writes`);
});
