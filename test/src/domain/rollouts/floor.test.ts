import { describe, expect, test } from 'vitest';
import { ROLLOUT_KINDS } from '@connected-registry/protocol/requests/rolloutRequest';
import { createPace } from '../../../../src/azure/budget/pace.js';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { floorSeconds, writesOf } from '../../../../src/domain/rollouts/floor.js';

const ROWS = 1000;
const SUBSCRIPTION = 'subscription-one';
const plenty = { capacity: 1_000_000, perSecond: 1 };
/** Only one budget is scarce, so that it alone decides. */
const RATES = {
  writes: { reads: plenty, writes: { capacity: 0, perSecond: 1 }, deletes: plenty },
  deletes: { reads: plenty, writes: plenty, deletes: { capacity: 0, perSecond: 1 } },
};

/** Requests a client by the floor of a rollout. */
const floorOf = (kind: (typeof ROLLOUT_KINDS)[number], armKind: keyof typeof RATES) =>
  floorSeconds({ kind, subscriptions: [{ id: SUBSCRIPTION, rows: ROWS }], rates: RATES[armKind] }, 1) / ROWS;

test('an offboarding deletes a token only: its scope map is shared', () => {
  expect(floorOf('offboard', 'deletes')).toBe(1);
  expect(writesOf({ kind: 'offboard', rows: ROWS }, ROWS)).toBe(2020);
});

test.each(ROLLOUT_KINDS)('the floor and the pace count the same requests: %s', (kind) => {
  for (const armKind of ['writes', 'deletes'] as const) {
    const needs = floorOf(kind, armKind);
    if (needs === 0) continue;
    const pace = createPace(new Turns({ now: () => 1_000_000, sleep: async () => undefined }), {
      arm: { rates: RATES[armKind], identities: [] },
      identity: { clientId: 'own-identity' },
      vaults: [{ resourceId: `/subscriptions/${SUBSCRIPTION}/resourceGroups/secrets` }],
      registries: [{ name: 'first', subscriptionId: SUBSCRIPTION, resourceGroup: 'edge' }],
    });
    expect(pace.room({ registry: 'first', kind }, ROWS)).toBe(Math.floor(ROWS / needs));
  }
});

describe('rows that name an identity', () => {
  const rates = RATES.writes;
  const timeWith = (subscription: string, rows: number) =>
    floorSeconds(
      { kind: 'onboard', subscriptions: [{ id: SUBSCRIPTION, rows: ROWS }], access: { subscription, rows }, rates },
      1,
    );

  test('cost two writes more where the vault is in the registry’s subscription', () => {
    expect(timeWith(SUBSCRIPTION, ROWS)).toBeCloseTo(4020);
    expect(timeWith(SUBSCRIPTION, ROWS / 2)).toBeCloseTo(3020);
  });

  test('cost no time beside the others where it is not, until they are many', () => {
    expect(timeWith('another', ROWS)).toBeCloseTo(2020);
    expect(timeWith('another', 2 * ROWS)).toBeCloseTo(4000);
  });

  test('are counted among the writes, by their share of the rows', () => {
    const plan = { kind: 'onboard', rows: ROWS, access: { subscription: 'another', rows: ROWS / 2 } } as const;
    expect([writesOf(plan, ROWS), writesOf(plan, ROWS / 10)]).toEqual([3020, 302]);
  });
});
