import { describe, expect, test } from 'vitest';
import { armBuckets } from '../../../../src/azure/budget/armBuckets.js';
import { budgetPolicy } from '../../../../src/azure/budget/budgetPolicy.js';
import type { TurnOrder } from '../../../../src/azure/budget/placement.js';
import { Turns } from '../../../../src/azure/budget/turns.js';

const RATES = {
  reads: { capacity: 250, perSecond: 25 },
  writes: { capacity: 20, perSecond: 10 },
  deletes: { capacity: 200, perSecond: 10 },
};
const SUBSCRIPTION = 'a-subscription';
const ROOT = `https://management.azure.com/subscriptions/${SUBSCRIPTION}`;
const PRINCIPALS = ['first', 'second', 'third', 'fourth'] as const;
const buckets = armBuckets(RATES);

/** Turns on a clock that only sleeps move, and a client of Resource Manager for each principal. */
function world() {
  const clock = { time: 0, now: () => clock.time, sleep: async (more: number) => void (clock.time += more) };
  const turns = new Turns(clock);
  const sent: string[] = [];
  const send = async (method = 'PUT', status = 200, principal?: string, headers: readonly [string, string][] = []) => {
    const kind = method === 'GET' ? 'reads' : 'writes';
    const call = async (by: string): Promise<string> => {
      const policy = budgetPolicy(turns, buckets.ofRequest(by));
      await policy.sendRequest({ method, url: `${ROOT}/resourceGroups/edge` }, async () => {
        sent.push(by);
        const all = new Map(headers);
        return { status, headers: Object.assign(all.entries(), { get: (name: string) => all.get(name) }) };
      });
      return by;
    };
    const bucketOf = (one: string) => buckets.of(SUBSCRIPTION, one, kind);
    return principal === undefined ? turns.byOne(PRINCIPALS, bucketOf, call) : call(principal);
  };
  const counts = () => PRINCIPALS.map((principal) => sent.filter((one) => one === principal).length);
  return { clock, turns, send, sent, counts };
}

const order = (key: string, more: Partial<TurnOrder> = {}): TurnOrder => ({
  key,
  priority: 'rollout',
  servesMany: false,
  choices: PRINCIPALS.map((principal) => ({
    principal,
    needs: [
      { bucket: buckets.of(SUBSCRIPTION, principal, 'writes'), tokens: 1 },
      { bucket: buckets.of(SUBSCRIPTION, principal, 'reads'), tokens: 1 },
    ],
  })),
  ...more,
});

const stop: [string, string][] = [['retry-after', '30']];

describe('several principals', () => {
  test('multiply what is sent at once, in equal parts', async () => {
    const { turns, send, counts, clock } = world();
    for (let nth = 0; nth < 4 * 18; nth += 1) await turns.inTurn(order(`run ${nth}`), () => send());
    expect([counts(), clock.time]).toEqual([[18, 18, 18, 18], 0]);
  });

  test('multiply the rate of those that wait', async () => {
    const { turns, send } = world();
    for (let nth = 0; nth < 4 * 18; nth += 1) await turns.inTurn(order(`run ${nth}`), () => send());
    const waits = Array.from({ length: 400 }, (_, nth) => turns.reserve(order(`waits ${nth}`), 0));
    expect(Math.max(...waits)).toBeCloseTo(10, 5);
    expect(waits.slice(0, 4)).toEqual([0.1, 0.1, 0.1, 0.1]);
  });

  test('have a budget each: the refusal of one does not stop the others', async () => {
    const { turns, send, counts, clock } = world();
    await send('PUT', 429, 'second', stop);
    for (let nth = 0; nth < 30; nth += 1) await turns.inTurn(order(`run ${nth}`), () => send());
    expect([counts(), clock.time]).toEqual([[10, 1, 10, 10], 0]);
  });
});

describe('a turn', () => {
  test('has one sender for all its requests', async () => {
    const { turns, send } = world();
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      const turn = await turns.inTurn(order(key), async () => {
        const senders = [await send('GET'), await send('PUT'), await send('GET'), await send('GET'), await send('PUT')];
        return new Set(senders).size;
      });
      expect(turn).toEqual({ result: 1 });
    }
  });

  test('is placed with another principal when the first is refused while it waits, and leaves no reservation', async () => {
    const { turns, send, clock } = world();
    for (let nth = 0; nth < 4 * 18; nth += 1) await turns.inTurn(order(`run ${nth}`), () => send());
    expect(turns.reserve(order('waits'), 0)).toBe(0.1);
    await send('PUT', 429, 'first', stop);
    clock.time += 100;
    const turn = await turns.inTurn(order('waits'), () => send());
    expect(turn).toEqual({ result: expect.not.stringMatching('first') as string });
    // All but the first are free again: nobody waits behind a reservation that is not used.
    clock.time += 100;
    const others = ['a', 'b', 'c'].map((key) => turns.reserve(order(key), 0));
    expect(others).toEqual([0, 0, 0]);
  });

  test('returns its tokens to the principal that they came from', async () => {
    const { turns, clock } = world();
    for (let nth = 0; nth < 300; nth += 1) await turns.inTurn(order(`run ${nth}`), async () => undefined);
    expect(clock.time).toBe(0);
  });
});

describe('a request outside of turns', () => {
  test('is sent by the principal that may send it first', async () => {
    const { send, clock, counts } = world();
    for (const principal of ['first', 'second', 'fourth']) await send('PUT', 429, principal, stop);
    for (let nth = 0; nth < 10; nth += 1) expect(await send()).toBe('third');
    expect(clock.time).toBe(0);
    expect(await send('GET')).toBe('first');
    expect(counts()).toEqual([2, 1, 10, 1]);
  });

  test('does not choose what all others chose that started at the same time', async () => {
    const { send, counts, clock } = world();
    await Promise.all(Array.from({ length: 40 }, () => send()));
    expect(counts()).toEqual([10, 10, 10, 10]);
    await Promise.all(Array.from({ length: 100 }, () => send()));
    expect(Math.max(...counts()) - Math.min(...counts())).toBeLessThan(4);
    expect(clock.time).toBeLessThan(10_000);
  });

  test('is sent by the principal that a check names', async () => {
    const { turns, send } = world();
    await send('GET', 429, 'second', [['retry-after', '2']]);
    for (const principal of PRINCIPALS) expect(await turns.as(principal, () => send('GET'))).toBe(principal);
    await send('GET', 429, 'second', stop);
    await expect(turns.as('second', () => send('GET'))).rejects.toMatchObject({ name: 'AwaitsTurn' });
  });
});
