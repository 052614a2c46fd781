import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAmong } from '../../../../src/domain/enrolment/addresses.js';

describe('an address', () => {
  test.each([
    ['192.0.2.7', ['192.0.2.7'], true],
    ['192.0.2.8', ['192.0.2.7'], false],
    ['192.0.2.255', ['198.51.100.1', '192.0.2.0/24'], true],
    ['192.0.3.0', ['192.0.2.0/24'], false],
    ['192.0.2.200', ['192.0.2.129/25'], true],
    ['203.0.113.9', ['0.0.0.0/0'], true],
    ['::ffff:192.0.2.7', ['192.0.2.0/24'], true],
    ['::ffff:c000:207', ['192.0.2.0/24'], true],
    ['::ffff:192.0.3.7', ['192.0.2.0/24'], false],
    ['2001:db8::1', ['2001:db8::/32'], true],
    ['2001:DB8:0:0::1', ['2001:db8::1'], true],
    ['2001:db9::1', ['2001:db8::/32'], false],
    ['2001:db8::1', ['0.0.0.0/0'], false],
    ['192.0.2.7', ['::/0'], false],
    ['unknown', ['0.0.0.0/0', '::/0'], false],
    ['', ['0.0.0.0/0'], false],
    ['192.0.2.7', ['nothing', 'a/b', ''], false],
  ])('%s is in %j: %s', (address, networks, expected) => {
    expect(isAmong(networks, address)).toBe(expected);
  });

  test('is in a network if its first bits are the same', () => {
    const number = fc.nat(0xffff_ffff);
    const dotted = (value: number) => [24, 16, 8, 0].map((bits) => (value >>> bits) & 0xff).join('.');
    fc.assert(
      fc.property(number, number, fc.integer({ min: 0, max: 32 }), (one, other, prefix) => {
        const isSame = prefix === 0 || one >>> (32 - prefix) === other >>> (32 - prefix);
        expect(isAmong([`${dotted(one)}/${prefix}`], dotted(other))).toBe(isSame);
        expect(isAmong([`${dotted(one)}/${prefix}`], `::ffff:${dotted(other)}`)).toBe(isSame);
      }),
    );
  });

  test('that is no IP address is in no network', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => isIP(text) === 0),
        (text) => expect(isAmong(['0.0.0.0/0', '::/0'], text)).toBe(false),
      ),
    );
  });
});
