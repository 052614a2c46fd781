import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { pairRequests, type ProgrammingModel } from '../../../../src/triggers/http/requests/requestPairing.js';
import { whileTimePasses } from '../../fakes/advance.js';
import { hostWith, type HostUnderTest } from '../../../../packages/functions-host/test/hostUnderTest.js';

const streamHttp = fileURLToPath(new URL('../../../../dist/src/triggers/http/requests/streamHttp.js', import.meta.url));

const app = `
import functions from '@azure/functions';
import { streamHttp } from ${JSON.stringify(streamHttp)};
globalThis.calledInTest = 0;
functions.app.http('echo', { methods: ['POST'], authLevel: 'anonymous', handler: async (request) => {
  globalThis.calledInTest += 1;
  return { jsonBody: { text: await request.text(), called: globalThis.calledInTest } };
} });
streamHttp();
`;

// A process has one programming model, so these tests have their own file.
let tested: HostUnderTest;
beforeAll(async () => {
  const main = JSON.stringify({ name: 'test-app', type: 'module', main: 'index.mjs' });
  tested = await hostWith({ 'index.mjs': app, 'package.json': main }, { drainWithin: 200 });
});
afterAll(() => tested.stop());

const post = (body: string, id?: string) =>
  tested.send('POST', '/api/echo', { body, ...(id === undefined ? {} : { headers: { 'x-ms-invocation-id': id } }) });

describe('a request with the header by which the host pairs requests with invocations', () => {
  it('is refused at once, and its function is not called', async () => {
    const answer = await post('a', 'abc');
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      400,
      { code: 'invalid-request', errors: [{ field: 'x-ms-invocation-id' }] },
    ]);
    expect(JSON.parse((await post('b')).text)).toEqual({ text: 'b', called: 1 });
  });

  it('leaves none waiting when many bring the same, and disturbs no other', async () => {
    const sent = Array.from({ length: 30 }, (_, n) => post(String(n), n % 3 === 0 ? undefined : 'same'));
    const answers = await Promise.all(sent);
    const received = answers.map(({ status, text }) => [status, (JSON.parse(text) as { text?: string }).text]);
    expect(received).toEqual(answers.map((_, n) => (n % 3 === 0 ? [200, String(n)] : [400, undefined])));
  });

  it.each(['', 'error', 'newListener', '__proto__', 'constructor', 'a, b', '"', ' '])(
    'is refused, and ends nothing, whatever it says: %j',
    async (id) => {
      expect((await post('a', id)).status).toBe(400);
      expect((await post('b')).status).toBe(200);
    },
  );
});

describe('an invocation whose request never arrives', () => {
  afterEach(() => void vi.useRealTimers());

  it('ends, so that it holds nothing until the function timeout', async () => {
    vi.useFakeTimers();
    const inner = {
      getArguments: () => new Promise<never>(() => undefined),
      invokeFunction: () => Promise.resolve(),
      getResponse: () => Promise.resolve({}),
    };
    const model: ProgrammingModel = {
      getCapabilities: (given) => Promise.resolve(given),
      getInvocationModel: () => inner,
    };
    pairRequests(model);
    const given = Promise.allSettled([model.getInvocationModel({ invocationId: 'i', request: {} }).getArguments()]);
    expect(await whileTimePasses(given)).toMatchObject([
      { status: 'rejected', reason: { message: expect.stringContaining('did not arrive') } },
    ]);
  });

  it('has the request answered, should it come all the same', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    const model: ProgrammingModel = {
      getCapabilities: () => Promise.resolve({ HttpUri: url }),
      getInvocationModel: () => ({
        getArguments: () => new Promise<never>(() => undefined),
        invokeFunction: () => Promise.resolve(),
        getResponse: () => Promise.resolve({}),
      }),
    };
    pairRequests(model);
    await model.getCapabilities({});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const invocationId = randomUUID();
    const given = Promise.allSettled([model.getInvocationModel({ invocationId, request: {} }).getArguments()]);
    await whileTimePasses(given);
    vi.useRealTimers();
    const answer = await fetch(url, { headers: { 'x-ms-invocation-id': invocationId } });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    server.close();
    server.closeAllConnections();
  });
});
