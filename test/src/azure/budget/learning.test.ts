import { describe, expect, test } from 'vitest';
import { RateBudget } from '../../../../src/azure/budget/rateBudget.js';
import { remainingRequests } from '../../../../src/azure/budget/remaining.js';
import { comeForTurn, ServiceModel, Timeline } from './serviceModel.js';

const WRITES = { capacity: 200, perSecond: 10 };

/** Sends a request whose answer comes at once. */
function exchange(budget: RateBudget, now: number, remaining?: number): void {
  budget.answered(budget.send(now, false), now, remaining);
}

describe("the service's count", () => {
  test('is believed when others have used the bucket', () => {
    const budget = new RateBudget(WRITES, 0);
    exchange(budget, 0, 20);
    expect(budget.free(0)).toBe(21);
    exchange(budget, 0, 3);
    expect(budget.free(0)).toBe(4);
    expect(budget.dueAt({ key: 'a', priority: 'single', tokens: 1, servesMany: false }, 0)).toBe(700);
  });

  test('is believed when the bucket is larger than published', () => {
    const budget = new RateBudget(WRITES, 0);
    exchange(budget, 0, 1199);
    expect(budget.free(0)).toBe(1199);
    expect(budget.free(100_000)).toBe(1199);
  });

  test('of an answer that a newer one has overtaken says nothing', () => {
    const budget = new RateBudget(WRITES, 0);
    const [early, late] = [budget.send(0, false), budget.send(0, false)];
    budget.answered(late, 0, 50);
    const free = budget.free(0);
    budget.answered(early, 0, 199);
    expect(budget.free(0)).toBe(free);
    expect(free).toBeLessThanOrEqual(51);
  });

  test('of a slow answer does not block what was refilled since', () => {
    const budget = new RateBudget(WRITES, 0);
    for (let sent = 0; sent < 150; sent += 1) exchange(budget, 0);
    const slow = budget.send(0, false);
    budget.answered(slow, 10_000, 49);
    expect(budget.free(10_000)).toBe(149);
  });

  test('bounds an instance that shares the bucket with another: both together use the rate, and few requests are refused', () => {
    const time = new Timeline();
    const service = new ServiceModel(WRITES, 0);
    const instances = [new RateBudget(WRITES, 0), new RateBudget(WRITES, 0)];
    let done = 0;
    for (let index = 0; index < 1000; index += 1) {
      const budget = instances[index % 2] ?? new RateBudget(WRITES, 0);
      const arrive = (now: number) => {
        const remaining = service.arrive(now);
        return { remaining: remaining ?? 0, isRefused: remaining === undefined };
      };
      const accepted = () => void (done += 1);
      comeForTurn(time, { key: `caller ${index}`, budget, underWay: 50, arrive, accepted }, index * 5);
    }
    time.runAll();
    expect(done).toBe(1000);
    expect(service.refused).toBeLessThanOrEqual(10);
    expect(time.now).toBeLessThan(((1000 - 200) / 10) * 1000 * 1.25);
  });
});

describe('429', () => {
  test('stops everything until the service allows more', () => {
    const budget = new RateBudget(WRITES, 0);
    const sending = budget.send(0, false);
    budget.answered(sending, 0, 0);
    budget.refused(17, 0);
    expect(budget.loneAt('revocation', 0)).toBe(17_100);
    expect(budget.dueAt({ key: 'a', priority: 'revocation', tokens: 1, servesMany: false }, 0)).toBe(17_100);
    expect(budget.heldAt(5_000)).toBe(17_100);
    expect(budget.free(17_000)).toBe(0);
    expect(budget.free(18_000)).toBe(10);
  });

  test('stops the others for at most a minute: it may be about one resource only', () => {
    const budget = new RateBudget(WRITES, 0);
    budget.refused(600, 0);
    expect(budget.loneAt('revocation', 0)).toBe(60_100);
  });

  test('also stops those whose turn has come', () => {
    const budget = new RateBudget(WRITES, 0);
    budget.take({ key: 'a', priority: 'rollout', tokens: 2, servesMany: false }, 0);
    budget.refused(5, 0);
    expect(budget.heldAt(0)).toBe(5_100);
    expect(budget.heldAt(5_100)).toBe(5_100);
  });
});

test('the strictest of all forms of the header counts', () => {
  const headers = (...pairs: [string, string][]) => remainingRequests(pairs);
  expect(headers(['x-ms-ratelimit-remaining-subscription-writes', '1199'])).toBe(1199);
  expect(
    headers(
      ['X-Ms-Ratelimit-Remaining-Subscription-Reads', '249'],
      ['x-ms-ratelimit-remaining-subscription-global-reads', '3749'],
      ['x-ms-ratelimit-remaining-subscription-resource-requests', '98'],
    ),
  ).toBe(98);
  expect(
    headers(['x-ms-ratelimit-remaining-resource', 'Microsoft.Compute/GetVM3Min;197,Microsoft.Compute/GetVM30Min;12']),
  ).toBe(12);
  expect(headers(['x-ms-ratelimit-remaining-subscription-writes', 'many'], ['content-length', '7'])).toBeUndefined();
});
