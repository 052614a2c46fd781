import { describe, expect, test } from 'vitest';
import { armBuckets } from '../../../../src/azure/budget/armBuckets.js';
import { createPace } from '../../../../src/azure/budget/pace.js';
import { Turns } from '../../../../src/azure/budget/turns.js';

const RATES = {
  reads: { capacity: 250, perSecond: 25 },
  writes: { capacity: 200, perSecond: 10 },
  deletes: { capacity: 200, perSecond: 10 },
};
const [ONE, OTHER] = ['subscription-one', 'subscription-other'];
const registry = (name: string, subscriptionId: string) => ({ name, subscriptionId, resourceGroup: 'edge' });
const OWN = 'own-identity';
const ROTATE = { registry: 'first', kind: 'rotate' } as const;

/** A pace on a clock that the test sets. */
function paced(identities: readonly string[] = [], vaultIn = ONE) {
  const clock = { time: 1_000_000, now: () => clock.time, sleep: async () => undefined };
  const turns = new Turns(clock);
  const config = {
    arm: { rates: RATES, identities },
    identity: { clientId: OWN },
    vaults: [{ resourceId: `/subscriptions/${vaultIn}/resourceGroups/secrets` }],
    registries: [registry('first', ONE), registry('second', ONE), registry('third', OTHER)],
  } as const;
  const pace = createPace(turns, { ...config, registries: [...config.registries] });
  const writes = armBuckets(RATES).of(ONE, OWN, 'writes');
  return { clock, turns, pace, writes };
}

/** Takes or reserves writes for some work. */
const ask = (turns: Turns, bucket: ReturnType<typeof paced>['writes'], key: string, tokens: number) =>
  turns.reserve(
    { key, priority: 'rollout', servesMany: false, choices: [{ principal: OWN, needs: [{ bucket, tokens }] }] },
    0,
  );

describe('the pace of a rollout', () => {
  test.each([
    // 1,000 reads, 500 writes and 500 deletes in 30 seconds: 3 reads a client, for an onboarding 2.02 writes, for an
    // offboarding 5.75 reads.
    { kind: 'rotate', room: 333 },
    { kind: 'onboard', room: 247 },
    { kind: 'offboard', room: 173 },
    { kind: 'check', room: 1000 },
  ] as const)('is what the scarcest budget serves in time: $kind', ({ kind, room }) => {
    expect(paced().pace.room({ registry: 'first', kind }, 30)).toBe(room);
  });

  test('adds the budgets of several identities', () => {
    expect(paced(['second-identity', 'third-identity']).pace.room(ROTATE, 30)).toBe(1000);
  });

  test('leaves what was promised to others, of any priority', () => {
    const { pace, turns, writes } = paced();
    ask(turns, writes, 'somebody', 190);
    ask(turns, writes, 'somebody else', 200);
    expect(pace.room(ROTATE, 30)).toBe(110);
    ask(turns, writes, 'a third one', 200);
    expect(pace.room(ROTATE, 30)).toBe(0);
  });

  test('has room for a sweep, which looks further ahead, beside a rollout that fills its own time', () => {
    const { pace, turns, writes } = paced();
    for (let nth = pace.room(ROTATE, 30); nth > 0; nth -= 1) {
      ask(turns, writes, `row ${nth}`, 1);
      pace.started(ROTATE);
    }
    expect(pace.room(ROTATE, 30)).toBe(0);
    // A whole wave of the largest size that the settings allow.
    expect(pace.room(ROTATE, 60)).toBeGreaterThanOrEqual(100);
  });

  test('counts work that was started a moment ago, which has no tokens yet', () => {
    const { pace, clock } = paced();
    for (let nth = 0; nth < 333; nth += 1) pace.started(ROTATE);
    expect(pace.room(ROTATE, 30)).toBe(0);
    clock.time += 15_000;
    expect(pace.room(ROTATE, 30)).toBe(333);
  });

  test('is one for the registries of a subscription, and independent for others', () => {
    const { pace } = paced();
    for (let nth = 0; nth < 333; nth += 1) pace.started(ROTATE);
    expect(pace.room({ registry: 'SECOND', kind: 'rotate' }, 30)).toBe(0);
    expect(pace.room({ registry: 'third', kind: 'rotate' }, 30)).toBe(333);
  });

  test('is nothing while the service refuses requests for that long', async () => {
    const { pace, turns, writes } = paced();
    const { budget, sending } = await turns.admit(writes);
    budget.answered(sending, turns.clock.now(), 0);
    budget.refused(40, turns.clock.now());
    expect(pace.room(ROTATE, 30)).toBe(0);
    // Ten seconds of it remain after the refusal: 100 writes.
    expect(pace.room(ROTATE, 50)).toBe(100);
  });
});

describe('work that gives access', () => {
  const GIVES = { registry: 'first', kind: 'onboard', givesAccess: true } as const;

  test('counts two writes more in the subscription that has both', () => {
    // 500 writes in 30 seconds, for 4.02 writes each.
    expect(paced().pace.room(GIVES, 30)).toBe(124);
  });

  test('is bounded by the app’s own budget, however many identities there are', () => {
    // Its own identity alone sends the two writes: 500 of its own.
    expect(paced(['second-identity', 'third-identity'], OTHER).pace.room(GIVES, 30)).toBe(250);
    expect(paced(['second-identity', 'third-identity'], OTHER).pace.room({ ...GIVES, givesAccess: false }, 30)).toBe(
      742,
    );
  });

  test('that was started a moment ago is counted where its requests go', () => {
    const { pace } = paced([], OTHER);
    for (let nth = 0; nth < 100; nth += 1) pace.started(GIVES);
    // 200 of 500 writes are gone in the vault's subscription, and 202 in the registry's.
    expect(pace.room(GIVES, 30)).toBe(147);
    expect(pace.room({ registry: 'third', kind: 'onboard' }, 30)).toBe(148);
    for (let nth = 0; nth < 150; nth += 1) pace.started({ ...GIVES, registry: 'third' });
    expect(pace.room(GIVES, 30)).toBe(0);
  });
});
