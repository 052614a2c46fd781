import { afterAll, beforeAll, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

const app = `
const df = require('durable-functions');
df.app.orchestration('ends', function* (context) { return context.df.getInput(); });
`;

let tested: HostUnderTest;
beforeAll(async () => {
  tested = await hostWith({ 'index.cjs': app }, { durable: { inMemory: true } });
});
afterAll(() => tested.stop());

const hook = async (method: string, path: string): Promise<[number, string]> => {
  const target = `/runtime/webhooks/durabletask/${path}${path.includes('?') ? '&' : '?'}code=${tested.host.keys.durable}`;
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await tested.send(method, target, { headers, ...(method === 'POST' ? { body: '1' } : {}) });
  return [status, text];
};

it('a purge by time is not limited to ids with a prefix', async () => {
  for (const id of ['one', 'two']) {
    await hook('POST', `orchestrators/ends/${id}`);
    await expect.poll(() => hook('GET', `instances/${id}`)).toEqual([200, expect.stringContaining('Completed')]);
  }
  const none = 'instances?createdTimeFrom=1990-01-01T00:00:00Z&createdTimeTo=1990-01-02T00:00:00Z';
  expect(await hook('DELETE', none)).toEqual([404, '']);

  const all = 'instances?createdTimeFrom=1990-01-01T00:00:00Z&instanceIdPrefix=nobody';
  expect(await hook('DELETE', all)).toEqual([200, '{"instancesDeleted":2}']);
  expect(await hook('DELETE', all)).toEqual([404, '']);
});
