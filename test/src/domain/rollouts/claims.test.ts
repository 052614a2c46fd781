import { expect, test } from 'vitest';
import { claimClients, releaseClients } from '../../../../src/domain/rollouts/claims.js';
import { MAX_CONFLICTS } from '../../../../src/domain/rollouts/claimsState.js';

test('a client of another open rollout is a conflict, and nothing is claimed', () => {
  const before = { one: ['a', 'b'] };
  expect(claimClients(before, 'two', ['c', 'b'])).toEqual({
    state: before,
    answer: { conflicts: [{ row: 1, rollout: 'one' }] },
  });
});

test('a repeated claim of one rollout has no conflicts and changes nothing', () => {
  const { state } = claimClients({}, 'one', ['a', 'b']);
  expect(claimClients(state, 'one', ['a', 'b'])).toEqual({ state, answer: { conflicts: [] } });
});

test('released clients can be claimed by another rollout, and a repeated release changes nothing', () => {
  const released = releaseClients({ one: ['a'], three: ['c'] }, 'one');
  expect(releaseClients(released, 'one')).toEqual({ three: ['c'] });
  expect(claimClients(released, 'two', ['a'])).toEqual({
    state: { two: ['a'], three: ['c'] },
    answer: { conflicts: [] },
  });
});

test('conflicts are bounded', () => {
  const clients = Array.from({ length: MAX_CONFLICTS + 50 }, (_, index) => `client${index}`);
  expect(claimClients({ one: clients }, 'two', clients).answer.conflicts).toHaveLength(MAX_CONFLICTS);
});

test('open rollouts have at most 50,000 clients together; a repetition of one of them counts once', () => {
  const names = (rollout: string, count: number) => Array.from({ length: count }, (_, nth) => `${rollout}${nth}`);
  const before = { one: names('a', 30_000), two: names('b', 15_000) };
  expect(claimClients(before, 'three', names('c', 5_001))).toEqual({
    state: before,
    answer: { conflicts: [], claimed: 45_000 },
  });
  expect(claimClients(before, 'three', names('c', 5_000)).answer).toEqual({ conflicts: [] });
  expect(claimClients(before, 'one', names('a', 30_000)).answer).toEqual({ conflicts: [] });
  expect(JSON.stringify({ one: Array.from({ length: 50_000 }, () => 'x'.repeat(11)) }).length).toBeLessThan(2 ** 20);
});
