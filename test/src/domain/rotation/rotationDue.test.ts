import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rotationState, rotationTimes } from '../../../../src/domain/rotation/rotationDue.js';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';

const DAY = 86_400_000;
const ISSUED = new Date('2026-03-01T12:00:00Z');
const at = (days: number) => new Date(ISSUED.getTime() + days * DAY);
const POLICY = { rotateAfter: { kind: 'share', of: 2 / 3 }, spreadSeconds: 7 * 86_400 } as const;

function tags(client = 'sensor-7', changes: Partial<CredentialTags> = {}): CredentialTags {
  return {
    registry: 'myregistry',
    connectedRegistry: 'myconnectedregistry',
    client,
    token: 'a-token',
    scopeMap: 'a-map',
    slot: 'password1',
    expiresOn: at(90).toISOString(),
    issued: { run: 'run', attempt: 1, slotCreatedAt: ISSUED.toISOString() },
    made: { scopeMap: true, token: true },
    ...changes,
  };
}
const days = (date: Date) => (date.getTime() - ISSUED.getTime()) / DAY;

describe('a rotation', () => {
  test('is due at two thirds of the lifetime, spread over a week, and stable for each client', () => {
    const due = Array.from({ length: 200 }, (_, nth) => days(rotationTimes(tags(`c${nth}`), {}, POLICY).dueAt));
    expect(Math.min(...due)).toBeGreaterThanOrEqual(60);
    expect(Math.max(...due)).toBeLessThan(67);
    // Evenly: no day of the week gets more than twice its share.
    const perDay = Array.from({ length: 7 }, (_, day) => due.filter((one) => Math.floor(one) === 60 + day).length);
    expect(Math.max(...perDay)).toBeLessThan(2 * (200 / 7));
    expect(due).toEqual(
      Array.from({ length: 200 }, (_, nth) => days(rotationTimes(tags(`c${nth}`), {}, POLICY).dueAt)),
    );
  });

  test('has its deadline halfway between due time and expiry', () => {
    expect(days(rotationTimes(tags(), {}, POLICY).deadline)).toBeCloseTo(75, 5);
  });

  test('is due after days, or after two thirds of a lifetime that is shorter than those', () => {
    const policy = { rotateAfter: { kind: 'days', days: 50 }, spreadSeconds: 0 } as const;
    expect(days(rotationTimes(tags(), {}, policy).dueAt)).toBeCloseTo(50, 5);
    const short = tags('c', { expiresOn: at(30).toISOString() });
    expect(days(rotationTimes(short, {}, policy).dueAt)).toBeCloseTo(20, 5);
  });

  test('is due from a mark on, still spread; a mark older than the credential is ignored', () => {
    const marked = (day: number) =>
      days(rotationTimes(tags(), { rotationDueSince: at(day).toISOString() }, POLICY).dueAt);
    expect(marked(10)).toBeGreaterThanOrEqual(10);
    expect(marked(10)).toBeLessThan(17);
    expect(marked(70)).toBe(days(rotationTimes(tags(), {}, POLICY).dueAt));
    expect(marked(-1)).toBe(days(rotationTimes(tags(), {}, POLICY).dueAt));
  });

  test('that failed is due at its retry time, before or after its due time by age', () => {
    const retried = (day: number) =>
      days(rotationTimes(tags(), { retryRotationAt: at(day).toISOString() }, POLICY).dueAt);
    expect(retried(5)).toBe(5);
    expect(retried(80)).toBe(80);
    expect(retried(-1)).toBeGreaterThanOrEqual(60);
  });

  test('is not due while consumers may use the previous password', () => {
    const revokeOld = { slot: 'password2', from: at(68).toISOString(), createdAt: at(-60).toISOString() } as const;
    expect(days(rotationTimes(tags('c', { revokeOld }), {}, POLICY).dueAt)).toBe(68);
  });

  test('is never due after its deadline by the spread alone, for any lifetime and policy', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 730 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.integer({ min: 0, max: 400 * 86_400 }),
        fc.string({ minLength: 1, maxLength: 8 }),
        (life, of, spreadSeconds, client) => {
          const one = tags(client, { expiresOn: at(life).toISOString() });
          const { dueAt, deadline } = rotationTimes(one, {}, { rotateAfter: { kind: 'share', of }, spreadSeconds });
          expect(dueAt.getTime()).toBeLessThanOrEqual(deadline.getTime() + 1);
          expect(deadline.getTime()).toBeLessThan(at(life).getTime());
        },
      ),
    );
  });
});

describe('a rotation that is due', () => {
  const times = { dueAt: at(60), deadline: at(75) };
  const now = at(61);
  const sync = { schedule: '* * * * *', lastSyncTime: now.toISOString(), worstGapSeconds: 60 };
  const policy = { freezeWindows: [], sweepGapSeconds: 3600 };

  test('is started, and marked as late after its deadline', () => {
    expect(rotationState(times, sync, policy, at(59))).toEqual({ kind: 'waiting' });
    expect(rotationState(times, sync, policy, now)).toEqual({ kind: 'due', isLate: false });
    const late = { ...sync, lastSyncTime: at(76).toISOString() };
    expect(rotationState(times, late, policy, at(76))).toEqual({ kind: 'due', isLate: true });
  });

  test('waits for the end of a freeze, also after its deadline', () => {
    const freezeWindows = [{ cron: '0 0 * * *', seconds: 86_400 * 0.75, timeZone: 'UTC' }];
    for (const one of [now, at(80)])
      expect(rotationState(times, sync, { ...policy, freezeWindows }, one)).toMatchObject({
        kind: 'deferred',
        by: { reason: 'freeze', until: new Date(one.getTime() + 6 * 3_600_000).toISOString() },
      });
  });

  test('waits only while its connected registry has missed its syncs', () => {
    const missed = (seconds: number) => ({
      ...sync,
      lastSyncTime: new Date(now.getTime() - seconds * 1000).toISOString(),
    });
    expect(rotationState(times, missed(60 + 901), policy, now)).toMatchObject({ by: { reason: 'offline' } });
    expect(rotationState(times, missed(60 + 899), policy, now)).toMatchObject({ kind: 'due' });
  });

  test('starts after its deadline even if its connected registry is offline, so that the next sync brings the password', () => {
    const missed = { ...sync, lastSyncTime: at(70).toISOString() };
    expect(rotationState(times, missed, policy, at(74))).toMatchObject({ by: { reason: 'offline' } });
    expect(rotationState(times, missed, policy, at(75))).toEqual({ kind: 'due', isLate: true });
  });

  test('starts if the next sync is unknown, since the rotation itself waits for a sync', () => {
    const unreadable = { schedule: '0 2 L * *', lastSyncTime: at(50).toISOString() };
    expect(rotationState(times, unreadable, policy, now)).toMatchObject({ kind: 'due' });
  });

  test('starts shortly before the next sync, and at once after its deadline', () => {
    const nightly = { schedule: '0 2 * * *', lastSyncTime: now.toISOString(), worstGapSeconds: 86_400 };
    expect(rotationState(times, nightly, policy, now)).toMatchObject({ kind: 'deferred', by: { reason: 'sync' } });
    const evening = new Date('2026-05-02T00:30:00Z');
    expect(rotationState(times, nightly, policy, evening)).toMatchObject({ kind: 'due' });
    const late = { ...nightly, lastSyncTime: at(75.9).toISOString() };
    expect(rotationState(times, late, policy, at(76))).toEqual({ kind: 'due', isLate: true });
  });
});
