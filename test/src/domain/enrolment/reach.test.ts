import { describe, expect, test } from 'vitest';
import type { Joined } from '../../../../src/domain/enrolment/enrolment.js';
import { reachOf, reachOfAbsent, silentSince } from '../../../../src/domain/enrolment/reach.js';

const NOW = new Date('2026-03-10T12:00:00.000Z');
const JOINED: Joined = {
  keys: {
    signing: { kty: 'OKP', crv: 'Ed25519', x: 's'.repeat(43) },
    sealing: { kty: 'OKP', crv: 'X25519', x: 'e'.repeat(43) },
  },
  thumbprint: 'a-thumbprint',
  token: 'a-hash',
  joinedAt: '2026-03-01T12:00:00.000Z',
  keysSince: '2026-03-02T12:00:00.000Z',
};
const token = { hash: 'a-hash', issuedAt: '2026-03-10T10:00:00.000Z', expiresAt: '2026-03-11T10:00:00.000Z' };

describe('how a device is reached', () => {
  test('is the channel of its profile until it has joined', () => {
    expect(reachOf({}, { kind: 'iotHub', hub: 'plant' }, NOW)).toEqual({ kind: 'iotHub' });
    const { keys: _keys, token: _token, ...shown } = JOINED;
    expect(reachOf({ joined: JOINED }, { kind: 'poll' }, NOW)).toEqual({ kind: 'joined', ...shown });
  });

  test('has the last contact once there is one', () => {
    const lastContactAt = '2026-03-09T12:00:00.000Z';
    expect(reachOf({ joined: { ...JOINED, lastContactAt } }, { kind: 'poll' }, NOW)).toMatchObject({ lastContactAt });
  });

  test.each<[string, object, object]>([
    ['open', {}, token],
    ['expired', {}, { ...token, expiresAt: NOW.toISOString() }],
    ['used', { usedBy: 'a-thumbprint' }, { ...token, expiresAt: NOW.toISOString() }],
  ])('says that the join token is %s, and shows nothing of it', (state, more, issued) => {
    const enrolment = { ...token, ...issued, ...more };
    const { enrolment: shown } = reachOf({ enrolment }, { kind: 'eventGrid' }, NOW);
    expect(shown).toEqual({ state, expiresAt: enrolment.expiresAt });
    expect(reachOfAbsent({ enrolment }, NOW)).toEqual({ kind: 'unknown', enrolment: shown });
  });

  test('is unknown for a client without a credential until its device has joined', () => {
    expect(reachOfAbsent({}, NOW)).toBeUndefined();
    const { keys: _keys, token: _token, ...shown } = JOINED;
    expect(reachOfAbsent({ joined: JOINED }, NOW)).toEqual({ kind: 'joined', ...shown });
  });
});

describe('a device that was not heard of', () => {
  test.each<[string, string, string | undefined, string | undefined]>([
    ['since it joined', '2026-03-02T12:00:00.000Z', undefined, '2026-03-02T12:00:00.000Z'],
    ['since its last contact', '2026-03-01T12:00:00.000Z', '2026-03-03T11:59:59.999Z', '2026-03-03T11:59:59.999Z'],
    [
      'since new keys, which are later',
      '2026-03-03T11:00:00.000Z',
      '2026-03-02T12:00:00.000Z',
      '2026-03-03T11:00:00.000Z',
    ],
    ['for exactly so long is not silent', '2026-03-01T12:00:00.000Z', '2026-03-03T12:00:00.000Z', undefined],
    ['for long, but has new keys, is not silent', '2026-03-04T12:00:00.000Z', '2026-03-01T12:00:00.000Z', undefined],
  ])('%s', (_, keysSince, lastContactAt, since) => {
    const joined = { ...JOINED, keysSince, ...(lastContactAt === undefined ? {} : { lastContactAt }) };
    expect(silentSince({ joined }, NOW, 7)).toBe(since);
  });
});

describe('a recorded poller', () => {
  const client = { registry: 'myregistry', connectedRegistry: 'plant', client: 'sensor-7' };
  const [since, lastContactAt] = ['2026-03-02T12:00:00.000Z', '2026-03-03T12:00:00.000Z'];
  const current = { objectId: '6f1c2a34-0000-4000-8000-00000000000a', since, client };
  const polling = { decidedAt: since, current };
  const { client: _names, ...shown } = current;

  test('is how the device is reached, whatever the channel, unless it has joined', () => {
    expect(reachOf({ polling }, { kind: 'eventGrid' }, NOW)).toEqual({ kind: 'poll', poller: shown });
    expect(reachOfAbsent({ polling }, NOW)).toEqual({ kind: 'poll', poller: shown });
    const heard = { ...polling, current: { ...current, lastContactAt } };
    expect(reachOf({ polling: heard, joined: JOINED }, { kind: 'eventGrid' }, NOW)).toMatchObject({
      kind: 'joined',
      poller: { ...shown, lastContactAt },
    });
  });

  test('that has ended is not shown', () => {
    expect(
      reachOf({ polling: { decidedAt: since, last: current.objectId } }, { kind: 'iotHub', hub: 'h' }, NOW),
    ).toEqual({
      kind: 'iotHub',
    });
    expect(reachOfAbsent({ polling: { decidedAt: since } }, NOW)).toBeUndefined();
  });

  test('is silent since its last poll, or since it was set; a device that has joined is heard of by either', () => {
    const later = new Date('2026-03-12T12:00:00.000Z');
    expect(silentSince({ polling }, later, 7)).toBe(since);
    const heard = { ...polling, current: { ...current, lastContactAt } };
    expect(silentSince({ polling: heard }, later, 7)).toBe(lastContactAt);
    expect(
      silentSince({ polling: heard, joined: { ...JOINED, keysSince: '2026-03-11T12:00:00.000Z' } }, later, 7),
    ).toBe(undefined);
    expect(silentSince({ polling: { decidedAt: since } }, later, 7)).toBeUndefined();
    expect(silentSince({}, later, 7)).toBeUndefined();
  });
});
