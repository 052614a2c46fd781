import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEvent } from '@connected-registry/protocol/messages/incomingEvent';
import { CLIENT_REQUESTED } from '../../../src/domain/events/requestEvents.js';
import { dockerConfig, dockerConfigEndpoints } from '@connected-registry/protocol/names/dockerConfig';
import { errorPlace } from '../../../src/serviceErrors/errorPlace.js';
import { formatImage, parseImage } from '@connected-registry/protocol/names/image';
import { formatOperationId, newRunId, parseOperationId } from '@connected-registry/protocol/names/operationId';
import { reportEventName, reportHash } from '../../../src/domain/pullCheck/reportEvent.js';
import { tokenName } from '../../shared/arbitraries.js';
import { report } from '../fakes/worlds/onboardScript.js';

describe('an image', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  test.each([
    ['hello-world', 'hello-world:latest'],
    ['a/b:1.2', 'a/b:1.2'],
    [`a@${digest}`, `a@${digest}`],
  ])('%s is parsed', (text, formatted) => {
    const image = parseImage(text);
    expect(image && formatImage(image)).toBe(formatted);
  });

  test.each([
    '',
    ':tag',
    'a:',
    'a@',
    'a@sha256:12',
    `a@${digest.toUpperCase()}`,
    `a:1@${digest}`,
    'host:5000/a',
    'a:b c',
  ])('%j is refused', (text) => expect(parseImage(text)).toBeUndefined());
});

describe('a docker config', () => {
  test('carries user and password for one endpoint in auth alone, as podman and skopeo read it', () => {
    fc.assert(
      fc.property(tokenName, fc.string({ unit: 'grapheme', minLength: 1 }), (user, password) => {
        const file = JSON.parse(dockerConfig('localhost:8000', user, password)) as {
          auths: Record<string, { auth: string }>;
        };
        expect(Object.keys(file)).toEqual(['auths']);
        expect(Object.keys(file.auths['localhost:8000'] ?? {})).toEqual(['auth']);
        const auth = Buffer.from(file.auths['localhost:8000']?.auth ?? '', 'base64').toString('utf8');
        expect(auth).toBe(`${user}:${password}`);
      }),
    );
  });

  test('lists its endpoints', () => {
    expect(dockerConfigEndpoints(dockerConfig('edge:443', 'user', 'password'))).toEqual(['edge:443']);
  });

  test.each(['', 'no json', 'null', '[]', '"text"', '7', '{}', '{"auths":null}', '{"auths":"a"}'])(
    'that is %j is for none',
    (value) => expect(dockerConfigEndpoints(value)).toEqual([]),
  );
});

describe('an operation id', () => {
  test('is parsed as it was formatted', () => {
    const id = { instance: 'myregistry-edge-sensor-0123456789abcdef', run: newRunId(new Date(), Buffer.alloc(4, 9)) };
    expect(parseOperationId(formatOperationId(id))).toEqual(id);
  });

  test.each([
    '',
    'a',
    'a.',
    '.a',
    'A.b',
    'a.B',
    'a.b.c',
    'a/b.c',
    `${'a'.repeat(101)}.b`,
    `a.${'b'.repeat(33)}`,
    'a.b\n',
  ])('is not %j', (text) => expect(parseOperationId(text)).toBeUndefined());

  test('sorts by time, whatever its random part', () => {
    const instant = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2200) });
    const random = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(instant, instant, random, random, (one, two, left, right) => {
        const [first, second] = [newRunId(new Date(one), left), newRunId(new Date(two), right)];
        expect(first).toMatch(/^[a-z0-9]{16}$/);
        expect(one === two || first < second === one < two).toBe(true);
      }),
    );
  });

  test('differs between runs of one instant', () => {
    const now = new Date();
    expect(newRunId(now, Buffer.from([0, 0, 0, 1]))).not.toBe(newRunId(now, Buffer.from([0, 0, 0, 2])));
  });
});

describe('a report event', () => {
  test('is named by run and attempt', () => {
    expect(new Set([reportEventName('a', 1), reportEventName('a', 2), reportEventName('b', 1)]).size).toBe(3);
    expect(reportEventName('run7', 3)).toBe('report-run7-3');
  });

  test('has the same hash for equal content, regardless of the order of fields', () => {
    const given = report();
    const reversed = Object.fromEntries(Object.entries(given).reverse()) as typeof given;
    expect(reportHash(reversed)).toBe(reportHash(given));
    expect(reportHash({ ...given, milliseconds: given.milliseconds + 1 })).not.toBe(reportHash(given));
  });
});

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

describe('the place of an error', () => {
  test('is where it was thrown, without its message', () => {
    const place = errorPlace(new RangeError('password=top-secret\n    at top-secret'));
    expect(place.name).toBe('RangeError');
    expect(place.frames.join()).toContain('smallValues.test');
    expect(JSON.stringify(place)).not.toContain('password=');
  });

  test('also exists for values that are no errors', () => {
    expect(errorPlace('text')).toEqual({ name: 'string', frames: [] });
  });
});
