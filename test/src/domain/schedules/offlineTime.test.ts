import { describe, expect, test } from 'vitest';
import { offlineWarnings } from '../../../../src/domain/schedules/offlineTime.js';

const NOW = new Date('2026-03-10T12:00:00Z');
const codes = (facts: object) =>
  offlineWarnings('myregistry', { name: 'hall1', ...facts }, NOW).map(({ code }) => code);

describe('messages may expire', () => {
  test.each([
    ['P2D', '2026-03-08T12:00:01Z', []],
    ['P2D', '2026-03-08T11:59:59Z', ['message-ttl-exceeded']],
    ['P1DT12H', '2026-03-08T12:00:01Z', ['message-ttl-exceeded']],
    ['P90D', '2026-01-01T00:00:00Z', []],
    ['P1M', '2025-01-01T00:00:00Z', []],
  ])('%s after the last sync at %s: %j', (messageTtl, lastSyncTime, expected) => {
    expect(codes({ messageTtl, lastSyncTime })).toEqual(expected);
  });

  test.each([
    ['0 2 * * 1', 'P2D', ['message-ttl-too-short']],
    ['0 2 * * 1', 'P8D', []],
    ['0 2 * * *', 'P2D', []],
    ['* * * * *', 'P1D', []],
    ['0 2 L * *', 'P2D', ['sync-schedule-unreadable']],
    ['0 2 L * *', undefined, ['sync-schedule-unreadable']],
    ['0 0 31 2 *', 'P2D', ['sync-schedule-unreadable']],
  ])('by the schedule %s with %s: %j', (schedule, messageTtl, expected) => {
    expect(codes({ schedule, messageTtl })).toEqual(expected);
  });

  test('the warning names the connected registry and the fix', () => {
    const [warning] = offlineWarnings(
      'myregistry',
      { name: 'hall1', messageTtl: 'P1D', lastSyncTime: '2026-03-01T00:00:00Z' },
      NOW,
    );
    expect(warning).toMatchObject({ registry: 'myregistry', connectedRegistry: 'hall1' });
    expect(warning?.message).toContain('2026-03-01T00:00:00Z');
    expect(warning?.fix).toContain('az acr connected-registry update --registry myregistry --name hall1');
  });

  test('nothing is warned about if the facts are unknown', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ lastSyncTime: '2020-01-01T00:00:00Z' })).toEqual([]);
  });
});
