import { randomUUID } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { DEPLOYED_BODY_LIMIT } from '@connected-registry/protocol/requests/deployedBodyLimit';
import { describe, expect, test } from 'vitest';
import { CONNECTED_REGISTRY, REGISTRY } from '../../../fakes/answers/requests.js';
import { errorsOf, row, usePostRollouts } from './postRolloutsUnderTest.js';

const it = usePostRollouts();
const rows = Array.from({ length: 10_000 }, (_, index) => row(`line-${randomUUID()}-${index}`, { registry: REGISTRY }));
const post = (body: Buffer, encoding: string, type = 'application/json') =>
  it.post(body, {
    headers: { 'content-type': type, 'content-encoding': encoding, 'content-length': String(body.length) },
    query: type === 'text/csv' ? { kind: 'rotate', dryRun: 'true' } : {},
  });

describe('a compressed body of POST /api/rollouts', () => {
  test.each(['gzip', ' GZIP '])('has 10,000 full rows in less than a deployment accepts: %j', async (encoding) => {
    const text = JSON.stringify({ kind: 'rotate', clients: rows, dryRun: true });
    const body = gzipSync(text);
    expect(Buffer.byteLength(text)).toBeGreaterThan(DEPLOYED_BODY_LIMIT);
    expect(body.length).toBeLessThan(DEPLOYED_BODY_LIMIT);
    const answer = await post(body, encoding);
    expect([answer.status, answer.body]).toMatchObject([202, { rows: 10_000 }]);
  });

  test('may be CSV', async () => {
    const text = `client,connectedRegistry\na,${CONNECTED_REGISTRY}\nb,${CONNECTED_REGISTRY}\n`;
    const answer = await post(gzipSync(text), 'gzip', 'text/csv');
    expect([answer.status, answer.body]).toMatchObject([202, { rows: 2 }]);
  });

  test('is refused when it grows beyond the limit, without being kept', async () => {
    const answer = await post(gzipSync(Buffer.alloc(100_000_000, ' ')), 'gzip');
    expect([answer.status, answer.body]).toMatchObject([413, { code: 'body-too-large' }]);
  });

  const whole = gzipSync(JSON.stringify({ kind: 'rotate', clients: rows.slice(0, 9) }));
  test.each([
    ['is no gzip', Buffer.from('{}')],
    ['is cut off', whole.subarray(0, -9)],
    ['is empty', Buffer.alloc(0)],
    ['is of another kind', deflateSync('{}')],
  ])('that %s is named as the fault', async (_what, body) => {
    const answer = await post(body, 'gzip');
    expect([answer.status, errorsOf(answer)]).toEqual([400, [['body', undefined]]]);
    expect(answer.body['errors']).toMatchObject([{ message: expect.stringContaining('gzip') as string }]);
  });

  test.each(['br', 'deflate', 'gzip, gzip', 'x'])('with another encoding, %j, is refused', async (encoding) => {
    const answer = await post(whole, encoding);
    expect([answer.status, answer.body]).toMatchObject([415, { code: 'unsupported-media-type' }]);
    expect(answer.headers?.['accept-encoding']).toContain('gzip');
    expect(it.engine.inputs).toEqual([]);
  });
});
