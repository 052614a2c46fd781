import { describe, expect, test } from 'vitest';
import { armBuckets } from '../../../../src/azure/budget/armBuckets.js';
import { AwaitsTurn } from '../../../../src/azure/budget/awaitsTurn.js';
import { budgetPolicy } from '../../../../src/azure/budget/budgetPolicy.js';
import { createPace } from '../../../../src/azure/budget/pace.js';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { vaultBucket } from '../../../../src/azure/budget/vaultBuckets.js';

const HOUR = 3_600_000;
const SECRET = 'https://v.vault.azure.net/secrets/a';
const [OWN, SUBSCRIPTION] = ['own', 'a-subscription'];
const RATES = {
  reads: { capacity: 250, perSecond: 25 },
  writes: { capacity: 200, perSecond: 10 },
  deletes: { capacity: 200, perSecond: 10 },
};
const WRITES = armBuckets(RATES).of(SUBSCRIPTION, OWN, 'writes');

/** Turns on a clock that was an hour ahead, and that only sleeps move. */
function world() {
  const clock = {
    time: 2 * HOUR,
    /** When the clock is corrected, in milliseconds that have passed. */
    correctedAt: Infinity,
    passed: 0,
    now: () => clock.time,
    pass: (milliseconds: number) => {
      clock.time += milliseconds;
      clock.passed += milliseconds;
      if (clock.passed < clock.correctedAt) return;
      clock.time -= HOUR;
      clock.correctedAt = Infinity;
    },
    sleep: async (milliseconds: number) => clock.pass(milliseconds),
  };
  const correct = () => {
    clock.correctedAt = 0;
    clock.pass(0);
  };
  return { clock, correct, turns: new Turns(clock) };
}

/** Creates secrets one after another for this long. @returns how many */
async function creations({ clock, turns }: ReturnType<typeof world>, milliseconds: number): Promise<number> {
  const policy = budgetPolicy(turns, vaultBucket);
  const until = clock.passed + milliseconds;
  let sent = 0;
  while (clock.passed < until) {
    try {
      await policy.sendRequest({ method: 'PUT', url: SECRET }, async () => {
        sent += 1;
        return { status: 200, headers: Object.assign(new Map<string, string>().entries(), { get: () => undefined }) };
      });
    } catch (error) {
      if (!(error instanceof AwaitsTurn)) throw error;
      clock.pass(Math.max(1, error.seconds * 1000));
    }
  }
  return sent;
}

const turnOf = (key: string, tokens = 1) => ({
  key,
  priority: 'rollout' as const,
  servesMany: false,
  choices: [{ principal: OWN, needs: [{ bucket: WRITES, tokens }] }],
});

/** Sends all requests that the bucket allows, and then does more in the same turn. */
async function drain(turns: Turns, more = async (): Promise<void> => undefined): Promise<void> {
  const { capacity } = WRITES.rate;
  await turns.inTurn({ ...turnOf('all', capacity), priority: 'revocation' }, async () => {
    for (let nth = 0; nth < capacity; nth += 1) {
      const { budget, sending } = await turns.admit(WRITES);
      budget.answered(sending, turns.clock.now());
    }
    await more();
  });
}

describe('after a clock that was ahead is corrected', () => {
  test('requests go on at the rate of their bucket', async () => {
    const there = world();
    await creations(there, 10_000);
    there.correct();
    const sent = await creations(there, 600_000);
    // 24 a second.
    expect(sent).toBeGreaterThan(14_300);
    expect(sent).toBeLessThanOrEqual(14_460);
  });

  test('turns come when they were promised, in their order', async () => {
    const { turns, correct, clock } = world();
    await drain(turns);
    turns.reserve(turnOf('first', 100), 0);
    turns.reserve(turnOf('second', 100), 0);
    const before = turns.spare(WRITES, 60);
    correct();
    expect(turns.spare(WRITES, 60)).toBe(before);
    for (const key of ['first', 'second']) {
      const began = clock.passed;
      let end = await turns.inTurn(turnOf(key, 100), async () => key);
      for (; 'seconds' in end; end = await turns.inTurn(turnOf(key, 100), async () => key))
        clock.pass(Math.max(1, end.seconds * 1000));
      expect(end).toEqual({ result: key });
      expect(clock.passed - began).toBeLessThan(30_000);
    }
  });

  test('a refusal stops requests for no longer than it would have', async () => {
    const { turns, correct, clock } = world();
    const { budget, sending } = await turns.admit(WRITES);
    budget.answered(sending, turns.clock.now(), 0);
    budget.refused(40, turns.clock.now());
    clock.pass(10_000);
    expect(turns.spare(WRITES, 30)).toBe(0);
    correct();
    expect(turns.spare(WRITES, 30)).toBe(0);
    clock.pass(30_000);
    expect(turns.spare(WRITES, 10)).toBe(100);
  });

  test('a wait for a token lasts as long as without the correction', async () => {
    const { turns, clock } = world();
    await drain(turns, async () => {
      clock.correctedAt = clock.passed + 50;
      await turns.admit(WRITES);
      expect(clock.passed).toBeLessThanOrEqual(200);
    });
  });

  test('starts of the last seconds are counted for no longer than without the correction', () => {
    const { turns, correct, clock } = world();
    const pace = createPace(turns, {
      arm: { rates: RATES, identities: [] },
      identity: { clientId: OWN },
      vaults: [],
      registries: [{ name: 'first', subscriptionId: SUBSCRIPTION, resourceGroup: 'edge' }],
    });
    const onboard = { registry: 'first', kind: 'onboard' } as const;
    expect(pace.room(onboard, 30)).toBe(247);
    for (let nth = 0; nth < 200; nth += 1) pace.started(onboard);
    expect(pace.room(onboard, 30)).toBe(47);
    correct();
    expect(pace.room(onboard, 30)).toBe(47);
    clock.pass(15_000);
    expect(pace.room(onboard, 30)).toBe(247);
  });
});
