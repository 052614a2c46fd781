import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PRIORITIES, type Priority } from '../../../../src/domain/operations/priority.js';
import { RateBudget } from '../../../../src/azure/budget/rateBudget.js';
import { ServiceModel, Timeline } from './serviceModel.js';

const WRITES = { capacity: 200, perSecond: 10 };
const request = (key: string, priority: Priority = 'rollout', tokens = 1, servesMany = false) => ({
  key,
  priority,
  tokens,
  servesMany,
});

/** Asks for a turn; takes it, or reserves it. @returns the time of the turn */
function ask(budget: RateBudget, order: ReturnType<typeof request>, now: number): number {
  const at = budget.dueAt(order, now);
  if (at <= now) budget.take(order, now);
  else budget.reserve(order, at);
  return at;
}

describe('one caller of the service', () => {
  const caller = fc.record({
    at: fc.integer({ min: 0, max: 60_000 }),
    tokens: fc.integer({ min: 1, max: 3 }),
    uses: fc.integer({ min: 0, max: 3 }),
    priority: fc.constantFrom(...PRIORITIES),
    servesMany: fc.boolean(),
    late: fc.integer({ min: -1000, max: 3000 }),
    out: fc.integer({ min: 1, max: 2000 }),
    back: fc.integer({ min: 1, max: 2000 }),
  });

  test.each([true, false])('is never refused, whatever it asks for; the service sends counts: %s', (counts) => {
    fc.assert(
      fc.property(
        fc.array(caller, { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 5, max: 60 }),
        (callers, capacity) => {
          const rate = { capacity, perSecond: 4 };
          const time = new Timeline();
          const service = new ServiceModel(rate, 0);
          const budget = new RateBudget(rate, 0);
          let [wanted, waiting] = [0, callers.length];
          callers.forEach(({ at, tokens, uses, priority, servesMany, late, out, back }, index) => {
            const order = request(`caller ${index}`, priority, Math.min(tokens, capacity), servesMany);
            const send = (): void => {
              const due = budget.heldAt(time.now);
              if (due > time.now) return time.at(due, send);
              const sending = budget.send(time.now, true);
              time.at(time.now + out, () => {
                const remaining = service.arrive(time.now);
                time.at(time.now + back, () =>
                  budget.answered(sending, time.now, counts ? (remaining ?? 0) : undefined),
                );
              });
            };
            const come = (): void => {
              const due = ask(budget, order, time.now);
              // Who comes early comes again a moment later, not at the same instant for ever.
              if (due > time.now) return time.at(Math.max(due + late, time.now + 50), come);
              waiting -= 1;
              const used = Math.min(uses, order.tokens);
              wanted += used;
              for (let sent = 0; sent < used; sent += 1) send();
              budget.giveBack(order.tokens - used, time.now);
            };
            time.at(at, come);
          });
          time.runAll();
          expect({ waiting, refused: service.refused, accepted: service.accepted, left: budget.waiting }).toEqual({
            waiting: 0,
            refused: 0,
            accepted: wanted,
            left: 0,
          });
        },
      ),
      { numRuns: 150, seed: 23 },
    );
  });

  test('uses the whole rate: 600 writes take little longer than the bucket needs', () => {
    const time = new Timeline();
    const service = new ServiceModel(WRITES, 0);
    const budget = new RateBudget(WRITES, 0);
    let asked = 0;
    for (let index = 0; index < 600; index += 1) {
      const come = (): void => {
        asked += 1;
        const due = ask(budget, request(`caller ${index}`), time.now);
        // A durable timer fires at a whole second.
        if (due > time.now) return time.at(Math.ceil(due / 1000) * 1000, come);
        const sending = budget.send(time.now, true);
        time.at(time.now + 100, () => {
          const remaining = service.arrive(time.now);
          time.at(time.now + 100, () => budget.answered(sending, time.now, remaining ?? 0));
        });
      };
      time.at(index, come);
    }
    time.runAll();
    const floor = ((600 - 200) / 10) * 1000;
    expect(service).toMatchObject({ refused: 0, accepted: 600 });
    expect(time.now).toBeLessThan(floor * 1.1 + 2000);
    // Hardly anybody asks again.
    expect(asked).toBeLessThan(600 * 2.1);
  });
});

describe('a reservation', () => {
  /** A budget without tokens for rollouts. */
  function spent(): RateBudget {
    const budget = new RateBudget(WRITES, 0);
    budget.take(request('before', 'rollout', 180), 0);
    for (let sent = 0; sent < 180; sent += 1) budget.answered(budget.send(0, true), 0);
    return budget;
  }

  test('has a time of its own', () => {
    const budget = spent();
    const times = Array.from({ length: 50 }, (_, index) => ask(budget, request(`caller ${index}`), 0));
    expect(times).toEqual(Array.from({ length: 50 }, (_, index) => (index + 1) * 100));
  });

  test('is found again by a caller that asks too early, and never given twice', () => {
    const budget = spent();
    ask(budget, request('one'), 0);
    const at = ask(budget, request('two'), 0);
    expect([ask(budget, request('two'), 10), ask(budget, request('two'), 20)]).toEqual([at, at]);
    expect(budget.waiting).toBe(2);
    expect(ask(budget, request('one'), 100)).toBe(100);
    expect(ask(budget, request('two'), at)).toBe(at);
    expect(budget.waiting).toBe(0);
    // The same caller's next request is a new one.
    expect(ask(budget, request('two'), at)).toBe(at + 100);
  });

  test('is given to others when its caller does not come', () => {
    const budget = spent();
    ask(budget, request('gone', 'rollout', 100), 0);
    expect(ask(budget, request('next'), 1000)).toBe(10_100);
    // It is kept for a minute after its time.
    expect(budget.dueAt(request('other', 'rollout', 120), 69_000)).toBeGreaterThan(69_000);
    expect(budget.dueAt(request('other', 'rollout', 120), 70_200)).toBe(70_200);
    expect(budget.waiting).toBe(0);
  });

  test('comes back to the others when it is cancelled, and tokens when they are not used', () => {
    const budget = spent();
    ask(budget, request('one', 'rollout', 50), 0);
    budget.cancel('one');
    expect(budget.dueAt(request('two'), 0)).toBe(100);
    budget.take(request('three', 'revocation', 15), 0);
    expect(budget.dueAt(request('two'), 0)).toBe(1600);
    budget.giveBack(15, 0);
    expect(budget.dueAt(request('two'), 0)).toBe(100);
  });

  test('keeps its place when others have used the tokens', () => {
    const budget = spent();
    const first = ask(budget, request('one'), 0);
    const second = ask(budget, request('two'), 0);
    budget.take(request('urgent', 'single', 5), first);
    expect(ask(budget, request('two'), second)).toBe(second + 500);
    expect(ask(budget, request('one'), second + 500)).toBe(second + 500);
    expect(ask(budget, request('new'), second + 500)).toBe(second + 600);
  });
});

describe('a more urgent priority', () => {
  test('is served at once while 10,000 others wait', () => {
    const budget = new RateBudget(WRITES, 0);
    for (let index = 0; index < 10_000; index += 1) ask(budget, request(`caller ${index}`), 0);
    expect(budget.waiting).toBe(10_000 - 180);
    expect(ask(budget, request('operator', 'single', 2), 0)).toBe(0);
    expect(ask(budget, request('stolen', 'revocation', 5), 0)).toBe(0);
    expect(budget.dueAt(request('check', 'inventory'), 0)).toBeGreaterThan(900_000);
  });

  test('does not wait for a less urgent one, and a less urgent one waits for it', () => {
    const budget = new RateBudget(WRITES, 0);
    const revocation = ask(budget, request('stolen', 'revocation', 200), 0);
    expect(revocation).toBe(0);
    for (let sent = 0; sent < 200; sent += 1) budget.answered(budget.send(0, true), 0);
    expect(ask(budget, request('rollout'), 0)).toBe(2100);
    expect(ask(budget, request('second', 'revocation'), 0)).toBe(100);
    expect(ask(budget, request('rollout'), 2100)).toBe(2200);
  });
});

describe('work that many wait for', () => {
  const many = (key: string, priority: Priority = 'rollout') => request(key, priority, 1, true);
  /** A budget on which 1,000 callers wait, one of them as urgent as the work of rollouts can be. */
  function full(): RateBudget {
    const budget = new RateBudget(WRITES, 0);
    for (let index = 0; index < 1000; index += 1) ask(budget, request(`caller ${index}`), 0);
    return budget;
  }

  test('comes before all others of its priority, in its own order, and after more urgent ones', () => {
    const budget = full();
    expect([ask(budget, many('one'), 0), ask(budget, many('two'), 0)]).toEqual([100, 200]);
    const operator = ask(budget, request('operator', 'single', 25), 0);
    expect(ask(budget, many('one'), 100)).toBeGreaterThanOrEqual(operator);
  });

  test('moves ahead when more begin to wait for it, keeps its place from then on, and delays others by its tokens only', () => {
    const budget = full();
    const last = ask(budget, request('caller 999'), 0);
    expect(ask(budget, request('write'), 0)).toBeGreaterThan(last);
    const ahead = ask(budget, many('write'), 0);
    expect(ahead).toBe(100);
    expect(ask(budget, request('write'), 0)).toBe(ahead);
    expect(ask(budget, request('caller 999'), 0)).toBe(last + 100);
  });
});

describe('work in progress', () => {
  test('sends beyond its turn before those who wait, and leaves the tokens of revocations', () => {
    const budget = new RateBudget(WRITES, 0);
    for (let index = 0; index < 1000; index += 1) ask(budget, request(`caller ${index}`), 0);
    for (let sent = 0; sent < 10; sent += 1) {
      expect(budget.loneAt('rollout', 0)).toBe(0);
      budget.send(0, false);
    }
    expect(budget.loneAt('rollout', 0)).toBe(100);
    expect(budget.loneAt('revocation', 0)).toBe(0);
  });
});
