import { expect, test } from 'vitest';
import { isRequested, passwordExpiry } from '../../../../src/domain/tokens/requestedPassword.js';

const EXPIRES_ON = '2026-06-01T12:00:00.123Z';
const filled = (expiresAt?: string) => ({
  createdAt: '2026-03-01T12:00:00.000Z',
  ...(expiresAt === undefined ? {} : { expiresAt }),
});

test('a password outlives its secret by a day', () => {
  expect(passwordExpiry(EXPIRES_ON).toISOString()).toBe('2026-06-02T12:00:00.123Z');
});

test.each([
  ['that expires as requested', filled('2026-06-02T12:00:00.123Z'), true],
  ['whose time was cut to seconds', filled('2026-06-02T12:00:00+00:00'), true],
  ['that expires two seconds later', filled('2026-06-02T12:00:02.123Z'), false],
  ['that expires with the secret', filled(EXPIRES_ON), false],
  ['that never expires', filled(), false],
  ['that is not there', undefined, false],
] as const)('a password %s is recognised by its expiry', (_, slot, expected) => {
  expect(isRequested(slot, ['2026-05-01T00:00:00.000Z', EXPIRES_ON])).toBe(expected);
  expect(isRequested(slot, [])).toBe(false);
});
