import { describe, expect, test } from 'vitest';
import {
  deriveReportKey,
  verifyReportKey,
  type ReportKeys,
  type ReportScope,
} from '../../../../src/domain/pullCheck/reportKey.js';

const signing = { id: 'new', secret: Buffer.alloc(32, 1) };
const former = { id: 'old', secret: Buffer.alloc(32, 2) };
const keys: ReportKeys = { signing, all: [signing, former] };
const scope: ReportScope = { operation: 'instance.run', attempt: 1, expiresAt: '2026-03-01T12:05:00.000Z' };

describe('a report key', () => {
  test('is valid for its attempt, also with a server key that no longer signs', () => {
    expect(verifyReportKey(keys, 'new', deriveReportKey(signing, scope), scope)).toBe(true);
    expect(verifyReportKey(keys, 'old', deriveReportKey(former, scope), scope)).toBe(true);
  });

  test.each<[string, Partial<ReportScope>]>([
    ['operation', { operation: 'instance.other' }],
    ['attempt', { attempt: 2 }],
    ['expiry', { expiresAt: '2026-03-01T13:05:00.000Z' }],
  ])('is not valid for another %s', (_, change) => {
    expect(verifyReportKey(keys, 'new', deriveReportKey(signing, scope), { ...scope, ...change })).toBe(false);
  });

  test.each(['', 'x', deriveReportKey(former, scope), `${deriveReportKey(signing, scope)}A`, 'ä'.repeat(43)])(
    'is not %j',
    (given) => expect(verifyReportKey(keys, 'new', given, scope)).toBe(false),
  );

  test('of an unknown server key is refused', () => {
    expect(verifyReportKey(keys, 'gone', deriveReportKey(signing, scope), scope)).toBe(false);
  });

  test('cannot be moved between fields by a separator', () => {
    const left = deriveReportKey(signing, { operation: 'a', attempt: 11, expiresAt: 'x' });
    expect(deriveReportKey(signing, { operation: 'a', attempt: 1, expiresAt: '1x' })).not.toBe(left);
    expect(deriveReportKey(signing, { operation: 'a","1', attempt: 1, expiresAt: 'x' })).not.toBe(left);
  });

  test('fits into a header without escaping', () => {
    expect(deriveReportKey(signing, scope)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});
