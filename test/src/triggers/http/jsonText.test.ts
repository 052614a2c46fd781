import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { JsonText } from '../../../../src/triggers/http/answers/jsonText.js';

const asking = (encodings?: string) => ({
  headers: new Headers(encodings === undefined ? {} : { 'accept-encoding': encodings }),
});
const LONG = JSON.stringify({ rows: Array.from({ length: 200 }, (_, nth) => `device-${nth}`) });

test.each([
  ['gzip', true],
  ['gzip, deflate, br', true],
  ['br;q=1.0, GZIP;q=0.5', true],
  [undefined, false],
  ['br', false],
  ['gzip;q=0', false],
  ['gzip;q=0.0, br', false],
  ['x-gzip', false],
])('a caller that takes %j gets a long body compressed: %s', (encodings, isPacked) => {
  const { body, headers } = new JsonText(LONG).for(asking(encodings));
  expect(headers['content-encoding']).toBe(isPacked ? 'gzip' : undefined);
  expect(typeof body === 'string' ? body : gunzipSync(body).toString('utf8')).toBe(LONG);
});

test('is compressed once, and not at all if it is short', () => {
  const long = new JsonText(LONG);
  expect(long.for(asking('gzip')).body).toBe(long.for(asking('gzip')).body);
  expect(new JsonText('{}').for(asking('gzip'))).toEqual({
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
});

test('holds no secret that the process has seen', () => {
  seenSecrets.remember('a-password-of-somebody-0001');
  const { body } = new JsonText(`${LONG} a-password-of-somebody-0001`).for(asking('gzip'));
  expect(gunzipSync(body).toString('utf8')).toBe(`${LONG} [redacted]`);
});
