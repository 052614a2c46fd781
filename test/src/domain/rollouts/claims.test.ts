import { expect, test } from 'vitest';
import { claimClients, releaseClients } from '../../../../src/domain/rollouts/claims.js';
import { MAX_CONFLICTS } from '../../../../src/domain/rollouts/rollout.js';

test('a client of another open rollout is a conflict, and nothing is claimed', () => {
  const before = { one: ['a', 'b'] };
  expect(claimClients(before, 'two', ['c', 'b'])).toEqual({
    state: before,
    conflicts: [{ row: 1, rollout: 'one' }],
  });
});

test('a repeated claim of one rollout has no conflicts and changes nothing', () => {
  const { state } = claimClients({}, 'one', ['a', 'b']);
  expect(claimClients(state, 'one', ['a', 'b'])).toEqual({ state, conflicts: [] });
});

test('released clients can be claimed by another rollout, and a repeated release changes nothing', () => {
  const released = releaseClients({ one: ['a'], three: ['c'] }, 'one');
  expect(releaseClients(released, 'one')).toEqual({ three: ['c'] });
  expect(claimClients(released, 'two', ['a'])).toEqual({ state: { two: ['a'], three: ['c'] }, conflicts: [] });
});

test('conflicts are bounded', () => {
  const clients = Array.from({ length: MAX_CONFLICTS + 50 }, (_, index) => `client${index}`);
  expect(claimClients({ one: clients }, 'two', clients).conflicts).toHaveLength(MAX_CONFLICTS);
});
