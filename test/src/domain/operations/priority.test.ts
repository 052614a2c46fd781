import { expect, test } from 'vitest';
import { moreUrgent, priorityOf } from '../../../../src/domain/operations/priority.js';

test.each([
  [{ actor: 'Ada', request: { urgent: true } }, 'revocation'],
  [{ actor: 'sweep', request: { urgent: false } }, 'rollout'],
  [{ actor: 'event', request: {} }, 'rollout'],
  [{ actor: 'timer' }, 'rollout'],
  [{ actor: 'Ada', request: { urgent: false }, rollout: 'r1' }, 'rollout'],
  [{ actor: 'function-key', request: {} }, 'single'],
] as const)('the run %j has priority %s', (input, priority) => {
  expect(priorityOf(input)).toBe(priority);
});

test('the more urgent of two priorities is the one that is served first', () => {
  expect(moreUrgent('inventory', 'single')).toBe('single');
  expect(moreUrgent('revocation', 'rollout')).toBe('revocation');
});
