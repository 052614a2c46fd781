import { expect, test } from 'vitest';
import { bucketsOf, floorOf, neededRequests, ratioOf } from '../../../src/bench/fleet/floor.js';

const floor = (clients: number, connectedRegistries: number, registries = 1, identities = 1) =>
  floorOf(neededRequests({ clients, connectedRegistries, registries }), bucketsOf(identities));

test('a fleet needs two writes for each client, one for each registry, and one for each connected registry', () => {
  expect(neededRequests({ clients: 300, connectedRegistries: 6, registries: 1 })).toEqual({
    reads: 6,
    writes: 607,
    deletes: 0,
  });
});

test.each([
  [300, 6, 1, 40.7],
  [1000, 20, 1, 182.1],
  [10_000, 200, 4, 2000.4],
])('%i clients on %i connected registries in %i registries: %d seconds by writes', (clients, sites, registries, at) => {
  const { seconds, kind } = floor(clients, sites, registries);
  expect(seconds).toBeCloseTo(at, 5);
  expect(kind).toBe('writes');
});

test('what fits into the bursts takes no time, and has no ratio', () => {
  const { seconds } = floor(90, 2);
  expect(seconds).toBe(0);
  expect(ratioOf(12, { seconds })).toBeUndefined();
});

test('the kind that takes longest sets the floor', () => {
  const of = (needed: { reads: number; writes: number; deletes: number }) => floorOf(needed, bucketsOf(1));
  expect(of({ reads: 1000, writes: 300, deletes: 0 })).toMatchObject({ kind: 'reads', seconds: 30, needed: 1000 });
  expect(of({ reads: 500, writes: 300, deletes: 350 })).toMatchObject({ kind: 'deletes', seconds: 15 });
});

test('identities multiply burst and rate, up to fifteen', () => {
  expect(bucketsOf(4).writes).toEqual({ burst: 800, perSecond: 40 });
  expect(bucketsOf(20)).toEqual(bucketsOf(15));
  expect(bucketsOf(4, 10)).toMatchObject({
    reads: { burst: 100, perSecond: 10 },
    writes: { burst: 80, perSecond: 4 },
  });
  expect(floor(1000, 20, 1, 4).seconds).toBeCloseTo((2021 - 800) / 40, 5);
});

test('the ratio is how many times the floor it took', () => {
  expect(ratioOf(140, { seconds: 40 })).toBeCloseTo(3.5, 5);
});
