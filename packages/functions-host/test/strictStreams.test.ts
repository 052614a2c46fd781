import { afterAll, beforeAll, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

// One process holds one programming model, so this app has a file of its own.
const app = `
const { app } = require('@azure/functions'); app.setup({ enableHttpStream: true });
const http = (name, handler) => app.http(name, { methods: ['GET'], authLevel: 'anonymous', handler });
http('nothing', () => undefined); http('broken', () => { throw new Error('lost'); }); http('right', () => ({ body: 'ok' }));
`;

let tested: HostUnderTest;
beforeAll(async () => {
  tested = await hostWith({ 'index.cjs': app }, { strict: true, drainWithin: 200 });
});
afterAll(() => tested.stop());

it.each([
  ['nothing', 'returned nothing'],
  ['broken', 'threw'],
])('with HTTP streams and --strict, the request of %s fails with the reason', async (name, what) => {
  expect((await tested.send('GET', `/api/${name}`)).status).toBe(500);
  const reported = tested.log.filter(({ message }) =>
    message.includes(`function '${name}' ${what}: with HTTP streams`),
  );
  expect(reported.map(({ level }) => level)).toEqual(['error']);
  expect((await tested.send('GET', '/api/right')).text).toBe('ok');
});
