import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DEPLOYED_BODY_LIMIT } from '@connected-registry/protocol/requests/deployedBodyLimit';
import { startTestStack, type TestStack } from '../harness/testStack.js';

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack();
});
afterAll(() => it.dispose());

const list = z.object({ rollouts: z.array(z.object({ id: z.string(), rows: z.int() })) });

test('a body longer than a deployed host accepts starts a rollout compressed, and nothing as it is', async () => {
  const { edge, functions } = it.stack.endpoints;
  const client = { connectedRegistry: edge.connectedRegistry, client: 'compressed', repositories: ['hello-world'] };
  const startAt = new Date(Date.now() + 86_400_000).toISOString();
  const text = `${JSON.stringify({ kind: 'onboard', clients: [client], startAt })}${' '.repeat(DEPLOYED_BODY_LIMIT)}`;
  const headers = { 'x-functions-key': functions.key, 'content-type': 'application/json' };
  const post = (body: Uint8Array<ArrayBuffer>, encoding: Readonly<Record<string, string>> = {}) =>
    it.app.request('rollouts', { method: 'POST', headers: { ...headers, ...encoding }, body });
  const rollouts = async () => list.parse((await it.app.request('rollouts', { headers })).body).rollouts;

  // The host answers 500, or closes the connection.
  const plain = await post(new Uint8Array(Buffer.from(text))).catch(() => undefined);
  expect(plain?.status ?? 500).toBe(500);
  expect(await rollouts()).toEqual([]);

  const compressed = await post(new Uint8Array(gzipSync(text)), { 'content-encoding': 'gzip' });
  expect([compressed.status, compressed.text]).toEqual([202, expect.stringContaining('"id"')]);
  expect(await rollouts()).toMatchObject([{ rows: 1 }]);
});
