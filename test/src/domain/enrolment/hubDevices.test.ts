import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  endDeviceAccess,
  judgeRenewal,
  redeem,
  renewKeys,
  type DeviceAccess,
} from '../../../../src/domain/enrolment/enrolment.js';
import { judgeVouching, vouch, type Vouching } from '../../../../src/domain/enrolment/hubDevices.js';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString();
const keysOf = (name: string) => ({
  signing: { kty: 'OKP', crv: 'Ed25519', x: `signing-${name}` } as const,
  sealing: { kty: 'OKP', crv: 'X25519', x: `sealing-${name}` } as const,
});
const HUB = { hub: 'plant-hub' };

/** Keys of this name, read at a minute by a run that was requested at another. */
const reading = (name: string, readAt: number, requestedAt = readAt): Vouching => ({
  keys: keysOf(name),
  thumbprint: name,
  hub: HUB,
  readAt: at(readAt),
  effectiveAt: at(requestedAt),
});

const after = (...readings: Vouching[]) => readings.reduce<DeviceAccess>((access, one) => vouch(access, one), {});

describe('keys that a hub vouches for', () => {
  test('are recorded with the hub and the time, once', () => {
    const access = after(reading('a', 1));
    expect(access).toEqual({
      joined: { keys: keysOf('a'), thumbprint: 'a', hub: HUB, joinedAt: at(1), keysSince: at(1) },
    });
    expect(judgeVouching(access, reading('a', 9))).toBe('current');
    expect(vouch(access, reading('a', 9))).toBe(access);
  });

  test('replace those before them, which do not come back', () => {
    const access = after(reading('a', 1), reading('b', 2));
    expect(access.joined).toMatchObject({ thumbprint: 'b', joinedAt: at(1), keysSince: at(2) });
    expect(judgeVouching(access, reading('a', 3))).toBe('ended');
    expect(vouch(access, reading('a', 3))).toBe(access);
  });

  test('are not replaced by what was read before', () => {
    const access = after(reading('b', 5));
    expect(judgeVouching(access, reading('a', 4))).toBe('late');
    expect(vouch(access, reading('a', 4))).toBe(access);
  });

  test('may have another sealing key, which only the owner of the signing key can have signed', () => {
    const access = after(reading('a', 1));
    const changed = { ...reading('a', 2), keys: { ...keysOf('a'), sealing: keysOf('b').sealing } };
    expect(judgeVouching(access, changed)).toBe('new');
    expect(vouch(access, changed)).toMatchObject({ joined: { thumbprint: 'a', keys: changed.keys } });
    expect(vouch(access, changed).replacedKeys).toBeUndefined();
  });

  test('end with the access of the device, and come back only for what is requested afterwards', () => {
    const ended = endDeviceAccess(after(reading('a', 1), reading('b', 2)), at(5));
    expect(ended.joined).toBeUndefined();
    for (const name of ['a', 'b', 'c']) {
      expect(judgeVouching(ended, reading(name, 6, 4))).toBe('ended');
      expect(judgeVouching(ended, reading(name, 6, 5))).toBe('ended');
      expect(judgeVouching(ended, reading(name, 7, 6))).toBe('new');
    }
  });

  test('do not end a device that has joined with a token, and are ended by one', () => {
    const enrolment = { hash: 'h', issuedAt: at(1), expiresAt: at(50) };
    const redemption = { hash: 'h', keys: keysOf('t'), thumbprint: 't', at: at(3) };
    const access = redeem({ ...after(reading('a', 2)), enrolment }, redemption);
    expect(access.joined).toMatchObject({ thumbprint: 't', token: 'h' });
    expect(access.joined?.hub).toBeUndefined();
    expect(judgeVouching(access, reading('a', 4))).toBe('joined');
    expect(vouch(access, reading('b', 5))).toBe(access);
  });

  test('are renewed in the twin, and not by a request', () => {
    const access = after(reading('a', 1));
    const renewal = { from: 'a', keys: keysOf('b'), thumbprint: 'b', at: at(2) };
    expect(judgeRenewal(access, renewal)).toBe('refused');
    expect(renewKeys(access, renewal)).toBe(access);
  });

  test('whatever is read in any order, no key comes back that was replaced or ended, unless it is requested later', () => {
    const step = fc.oneof(
      fc.record({ read: fc.constantFrom('a', 'b', 'c'), readAt: fc.nat(30), requestedAt: fc.nat(30) }),
      fc.record({ end: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let access: DeviceAccess = {};
        let ended = -1;
        const gone = new Set<string>();
        const faults: string[] = [];
        for (const one of steps) {
          const before = access.joined?.thumbprint;
          if ('end' in one) {
            access = endDeviceAccess(access, at(one.end));
            ended = Math.max(ended, one.end);
            gone.clear();
            if (access.joined) faults.push('an end has left keys');
            continue;
          }
          access = vouch(access, reading(one.read, one.readAt, one.requestedAt));
          const now = access.joined?.thumbprint;
          if (now === before) continue;
          if (before !== undefined) gone.add(before);
          if (now !== one.read) faults.push(`${now} was not read`);
          if (gone.has(one.read)) faults.push(`${one.read} has come back`);
          if (one.requestedAt <= ended) faults.push(`${one.read} was requested before the end`);
        }
        expect(faults).toEqual([]);
      }),
    );
  });
});
