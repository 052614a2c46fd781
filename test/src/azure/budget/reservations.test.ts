import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PRIORITIES, rankOf, type Priority } from '../../../../src/domain/operations/priority.js';
import { Reservations } from '../../../../src/azure/budget/reservations.js';

type Reservation = Parameters<Reservations['put']>[0];

/** The same by looking at all of them each time. */
class PlainReservations {
  all: Reservation[] = [];

  put(reservation: Reservation): void {
    this.remove(reservation.key);
    // The sort is stable: of one time, the newest is last.
    this.all = [...this.all, reservation].toSorted((left, right) => left.at - right.at);
  }

  remove(key: string): void {
    this.all = this.all.filter((one) => one.key !== key);
  }

  prune(now: number): void {
    this.all = this.all.filter(({ at }) => at + 60_000 >= now);
  }

  promisedBefore(priority: Priority, order: number, suffices: (tokens: number, at: number) => boolean): number {
    const before = this.all.filter(
      (one) => rankOf(one.priority) < rankOf(priority) || (one.priority === priority && one.order < order),
    );
    const sumTo = (last: number) => before.slice(0, last + 1).reduce((sum, { tokens }) => sum + tokens, 0);
    const decisive = before.findLastIndex(({ at }, index) => !suffices(sumTo(index), at));
    return sumTo(decisive);
  }
}

const priority = fc.constantFrom(...PRIORITIES);
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('put' as const), priority, jitter: fc.integer({ max: 3000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('again' as const), nth: fc.nat(), jitter: fc.integer() }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('remove' as const), nth: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('prune' as const), share: fc.double({ noNaN: true }) }) },
);
const question = fc.record({
  priority,
  nth: fc.option(fc.nat(), { nil: undefined }),
  perSecond: fc.integer({ min: 1, max: 40 }),
  free: fc.integer({ min: -50, max: 200 }),
});

test('many reservations are the same as a plain list of them', () => {
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 300, maxLength: 1200 }),
      fc.array(question, { minLength: 10, maxLength: 20 }),
      (actions, questions) => {
        const [judged, plain] = [new Reservations(), new PlainReservations()];
        const both = [judged, plain];
        const known: Reservation[] = [];
        let order = 0;
        for (const one of actions) {
          const keyOf = (nth: number) => known[nth % Math.max(1, known.length)];
          if (one.what === 'put') {
            order += 1;
            const ahead = order % 40 === 0 ? order - 2 ** 52 : order;
            const at = 100 * order + (one.jitter % 3000);
            const added = { key: `key ${order}`, priority: one.priority, tokens: 1 + (order % 3), at, order: ahead };
            known.push(added);
            for (const each of both) each.put(added);
          } else if (one.what === 'again') {
            const found = keyOf(one.nth);
            if (found) for (const each of both) each.put({ ...found, at: found.at + (one.jitter % 5000) });
          } else if (one.what === 'remove') for (const each of both) each.remove(keyOf(one.nth)?.key ?? '');
          // A few at the beginning are over.
          else for (const each of both) each.prune(60_000 + 20 * order * Math.min(1, Math.abs(one.share)));
        }
        expect([judged.size, judged.promised]).toEqual([
          plain.all.length,
          plain.all.reduce((sum, { tokens }) => sum + tokens, 0),
        ]);
        for (const { nth, free, perSecond, ...asked } of questions) {
          const own = nth === undefined ? undefined : known[nth % Math.max(1, known.length)]?.order;
          const suffices = (tokens: number, at: number) => free + (at / 1000) * perSecond >= tokens;
          const [mine, theirs] = both.map((each) => each.promisedBefore(asked.priority, own ?? Infinity, suffices));
          expect(mine).toBe(theirs);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a caller of ten thousand is placed by looking at few of them', () => {
  const reservations = new Reservations();
  let looks = 0;
  for (let nth = 0; nth < 10_000; nth += 1) {
    const of = { key: `caller ${nth}`, priority: 'rollout', tokens: 1, at: 100 * nth } as const;
    const counted = {
      ...of,
      get order() {
        looks += 1;
        return nth;
      },
    };
    reservations.put(counted);
  }
  looks = 0;
  expect(reservations.promisedBefore('rollout', 5000, (tokens, at) => tokens <= at / 100)).toBe(5000);
  expect(looks).toBeLessThan(1000);
});
