import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sentBody } from '../../src/api/sentBody.js';

const rows = (length: number) => ({ clients: Array.from({ length }, (_, index) => ({ client: `line-${index}` })) });
/** More than a deployed host accepts uncompressed. */
const large = rows(100_000);

test('a large body is compressed where the route accepts it', async () => {
  const { bytes, headers } = await sentBody({ json: large, compress: true });
  expect(headers).toEqual({ 'content-type': 'application/json', 'content-encoding': 'gzip' });
  expect(JSON.parse(gunzipSync(bytes).toString())).toEqual(large);
});

test.each([
  ['a small one', { json: { clients: [] }, compress: true }],
  // An app that was deployed earlier may read no gzip.
  ['one that a deployed host accepts uncompressed', { json: rows(40_000), compress: true }],
  ['one of another route', { json: large }],
])('%s is sent as it is', async (_what, body) => {
  const { bytes, headers } = await sentBody(body);
  expect(headers).toEqual({ 'content-type': 'application/json' });
  expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(body.json);
});

test('a file keeps its type', async () => {
  const csv = Buffer.from(`client\n${'line\n'.repeat(300_000)}`);
  const { bytes, headers } = await sentBody({ bytes: csv, type: 'text/csv', compress: true });
  expect(headers).toEqual({ 'content-type': 'text/csv', 'content-encoding': 'gzip' });
  expect(gunzipSync(bytes).equals(csv)).toBe(true);
});
