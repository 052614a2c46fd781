import { describe, expect, test } from 'vitest';
import { parseEvent } from '@connected-registry/protocol/messages/incomingEvent';

const CLIENT_REQUESTED = 'ConnectedRegistry.ClientRequested';

describe('an incoming event', () => {
  const NOW = new Date('2026-03-01T12:00:00.000Z');
  const data = { client: 'a' };
  test('is read from either schema', () => {
    const at = '2026-03-01T11:59:59.999Z';
    const expected = { type: CLIENT_REQUESTED, id: '7', data, source: 's', subject: 'x', at };
    const same = { id: '7', data, subject: 'x' };
    expect(
      parseEvent({ ...same, eventType: CLIENT_REQUESTED, topic: 's', eventTime: '2026-03-01T11:59:59.9990001Z' }, NOW),
    ).toEqual(expected);
    expect(parseEvent({ ...same, specversion: '1.0', type: CLIENT_REQUESTED, source: 's', time: at }, NOW)).toEqual(
      expected,
    );
  });

  test('may lack a time, and cannot be from the future, which would make all others stale', () => {
    const event = { specversion: '1.0', type: 'a', id: '1', data };
    expect(parseEvent(event, NOW)).toEqual({ type: 'a', id: '1', data });
    expect(parseEvent({ ...event, time: '2099-01-01T00:00:00Z' }, NOW)?.at).toBe(NOW.toISOString());
  });

  test.each([
    undefined,
    null,
    'text',
    [],
    {},
    { type: 'a', id: '1', data },
    { specversion: '0.3', type: 'a', id: '1' },
    { specversion: '1.0', type: 'a', id: '1', time: 'soon' },
  ])('is not parsed from %j', (event) => expect(parseEvent(event, NOW)).toBeUndefined());
});
