import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

const app = `
const { app } = require('@azure/functions');
const http = (name, options, handler) => app.http(name, { methods: ['GET', 'POST'], authLevel: 'anonymous', ...options, handler: handler ?? ((request) => ({ jsonBody: { fn: name, params: request.params } })) });
http('echo', { route: 'echo/{*rest}', methods: ['GET', 'POST', 'PUT', 'HEAD'] }, async (request, context) => ({ jsonBody: { url: request.url, method: request.method, headers: Object.fromEntries(request.headers), query: [...request.query], params: request.params, length: (await request.arrayBuffer()).byteLength } }));
http('bySecondName', { route: 'order/fixed' }); http('aFirstName', { route: 'order/{any}' });
http('get', { route: 'method', methods: ['GET'] }); http('post', { route: 'method', methods: ['POST'] });
http('guarded', { authLevel: 'function' }); http('forMaster', { authLevel: 'admin' });
http('nothing', {}, () => undefined); http('text', {}, () => 'text'); http('broken', {}, () => { throw new TypeError('in the handler'); });
http('bytes', {}, () => ({ body: Buffer.from([0, 1, 254, 255]), headers: { 'content-type': 'application/octet-stream' } }));
http('status', { route: 'status/{n:int}' }, (request) => ({ status: Number(request.params.n), body: 'body' }));
http('cookies', {}, () => ({ body: 'c', cookies: [{ name: 'a', value: 'b c;č' }, { name: 'b', value: '2', httpOnly: true, maxAge: 60, path: '/x', sameSite: 'Strict', secure: true }] }));
http('badCookie', {}, () => ({ body: 'c', cookies: [{ name: 'a b', value: '1' }] }));
http('throwsNothing', {}, () => { throw null; });
http('adminReport', {}); http('odd', {}, () => ({ body: 'x', headers: { connection: 'upgrade', trailer: 'x-t', 'x-own': 'y' } }));
http('length', { route: 'length/{n:int}' }, (request) => ({ body: 'abc', headers: { 'content-length': request.params.n } }));
http('ownChunks', {}, () => ({ body: 'abc', headers: { 'transfer-encoding': 'chunked' } }));
http('accent', {}, () => ({ body: 'x', headers: { 'a-before': '1', 'x-file': 'größe.txt' } }));
http('farPath', {}, () => ({ body: 'x', cookies: [{ name: 'a', value: '1', path: '/č' }] }));
http('negotiated', {}, () => ({ jsonBody: { a: 1 }, enableContentNegotiation: true }));
http('form', { methods: ['POST'] }, async (request) => ({ jsonBody: Object.fromEntries(await request.formData()) }));
http('off', {}); http('Host', {}); http('with space', {}); http('same', { route: 'method', methods: ['POST', 'PUT'] }); http('stolen', { route: 'admin/x' }); http('level', { authLevel: 'nonsense' });
http('slow', {}, async (request) => { await new Promise((resolve) => setTimeout(resolve, Number(request.query.get('ms'))).unref()); return { body: 'late' }; });
app.storageQueue('queued', { queueName: 'q', connection: 'c', handler: () => {} });
`;

let tested: HostUnderTest;
beforeAll(async () => {
  tested = await hostWith(
    { 'index.cjs': app, 'local.settings.json': '{"IsEncrypted": false, "Host": {"CORS": "https://a.example"}}' },
    { environment: { 'AzureWebJobs.off.Disabled': 'true', FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '3000000' } },
  );
});
afterAll(() => tested.stop());

describe('routing', () => {
  it('tries routes in the alphabetical order of function names, and reports unreachable ones', async () => {
    expect(await tested.get('/api/order/fixed')).toEqual({ fn: 'aFirstName', params: { any: 'fixed' } });
    const warning = tested.log.find(({ message }) => message.includes("the route of function 'bySecondName'"));
    expect(warning?.level).toBe('warning');
    expect(warning?.message).toContain("'aFirstName'");
  });

  it('chooses between functions of one route by method, and answers 404 for any other method', async () => {
    expect(await tested.get('/api/method')).toMatchObject({ fn: 'get' });
    expect((await tested.send('POST', '/api/method')).text).toContain('"post"');
    expect((await tested.send('DELETE', '/api/method')).status).toBe(404);
    expect((await tested.send('OPTIONS', '/api/method')).status).toBe(404);
    expect((await tested.send('HEAD', '/api/method')).status).toBe(404);
  });

  it('gives a function its address, joined headers and query, and decoded parameters', async () => {
    const answer = await tested.send('GET', '/api/ECHO/a%20b%2Fc?x=1&x=2&empty&z=%20a+b', {
      headers: { 'x-many': ['a', 'b'], host: 'other.example:99' },
    });
    expect(JSON.parse(answer.text)).toMatchObject({
      url: 'http://other.example:99/api/ECHO/a%20b%2Fc?x=1&x=2&empty&z=%20a+b',
      headers: { 'x-many': 'a,b', host: 'other.example:99' },
      query: [
        ['x', '1,2'],
        ['empty', ''],
        ['z', ' a b'],
      ],
      params: { rest: 'a b%2Fc' },
    });
  });

  it.each([
    ['a=1&a=', [['a', '1']]],
    ['a=1&A=2&a=3', [['A', '1,2,3']]],
    [
      'a=%FF%C4%8D&b=%E9',
      [
        ['a', '%FF%C4%8D'],
        ['b', '%E9'],
      ],
    ],
    [
      '=x&a=1#2',
      [
        ['', 'x'],
        ['a', '1#2'],
      ],
    ],
  ])('gives a function the query %s', async (query, pairs) => {
    expect(await tested.get(`/api/echo?${query}`)).toMatchObject({ query: pairs });
  });

  it('refuses long addresses, many headers and headers of other letters', async () => {
    const get = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await tested.send('GET', path, { headers })).status;
    expect(await get(`/api/echo/${'x'.repeat(8200)}`)).toBe(414);
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, 'v']));
    expect(await get('/api/echo', many)).toBe(431);
    expect(await get('/api/echo', { 'x-a': 'é' })).toBe(400);
    expect(await get('/api/echo', { expect: 'something' })).toBe(200);
  });

  it('answers an invalid path with 400, and the root with a page', async () => {
    expect((await tested.send('GET', '/api/echo/%00')).status).toBe(400);
    const page = await tested.send('GET', '/');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html']);
    expect(page.text).toMatch(/<html/);
  });
});

describe('keys', () => {
  it('are stored in the data folder, readable by their owner only', async () => {
    const { mode } = await stat(path.join(tested.dataDir, 'keys.json'));
    expect(mode & 0o777).toBe(0o600);
    expect(new Set(Object.values(tested.host.keys)).size).toBe(4);
  });

  it.each([
    ['guarded', 'function', 200],
    ['guarded', 'master', 200],
    ['guarded', 'durable', 401],
    ['guarded', 'eventGrid', 401],
    ['forMaster', 'function', 401],
    ['forMaster', 'master', 200],
  ] as const)('%s answers the %s key with %i', async (name, kind, status) => {
    const key = tested.host.keys[kind];
    expect((await tested.send('GET', `/api/${name}?code=${key}`)).status).toBe(status);
    expect((await tested.send('GET', `/api/${name}`, { headers: { 'x-functions-key': key } })).status).toBe(status);
  });

  it('that are missing, empty or wrong lead to a 401 without a body, and a wrong header takes precedence over a valid query', async () => {
    const right = tested.host.keys.function;
    const refused = [
      await tested.send('GET', '/api/guarded'),
      await tested.send('GET', '/api/guarded?code='),
      await tested.send('GET', '/api/guarded?code=wrong'),
      await tested.send('GET', `/api/guarded?code=${right}`, { headers: { 'x-functions-key': 'wrong' } }),
    ];

    expect(refused.map(({ status, text }) => [status, text])).toEqual(refused.map(() => [401, '']));
    expect((await tested.send('GET', `/api/guarded?CODE=${right}`)).status).toBe(200);
  });

  it('never appear in the log', async () => {
    await tested.send('GET', `/api/guarded?code=${tested.host.keys.function}`);
    const written = JSON.stringify(tested.log);
    for (const key of Object.values(tested.host.keys)) expect(written).not.toContain(key);
  });
});

describe('answers', () => {
  it('are 204 when null is thrown, with a warning', async () => {
    expect((await tested.send('GET', '/api/throwsNothing')).status).toBe(204);
    expect(
      tested.log.some(({ level, message }) => level === 'warning' && message.includes('threw null or undefined')),
    ).toBe(true);
  });

  it('are 204 without a result, and 500 without a body for a string or an error', async () => {
    expect((await tested.send('GET', '/api/nothing')).status).toBe(204);
    for (const name of ['text', 'broken']) {
      const answer = await tested.send('GET', `/api/${name}`);
      expect([answer.status, answer.text]).toEqual([500, '']);
    }
  });

  it('carry bytes, statuses and cookies as the real host writes them', async () => {
    expect([...(await tested.send('GET', '/api/bytes')).body]).toEqual([0, 1, 254, 255]);
    expect((await tested.send('GET', '/api/status/418')).status).toBe(418);
    expect((await tested.send('GET', '/api/status/204')).text).toBe('');
    expect((await tested.send('GET', '/api/status/100')).status).toBe(500);
    expect((await tested.send('GET', '/api/cookies')).headers['set-cookie']).toEqual([
      'a=b%20c%3B%C4%8D; path=/',
      'b=2; max-age=60; path=/x; secure; samesite=strict; httponly',
    ]);
    expect((await tested.send('GET', '/api/badCookie')).status).toBe(500);
    expect((await tested.send('GET', '/api/negotiated')).text).toBe('"eyJhIjoxfQ=="');
  });

  it('keep the headers of their connection, whatever a function sets', async () => {
    const answer = await tested.send('GET', '/api/odd');
    expect([answer.text, answer.headers['x-own'], answer.headers['connection']]).toEqual(['x', 'y', 'close']);
  });

  it.each([
    ['accent', '1'],
    ['farPath', undefined],
  ])('are a 500 with the headers before the one that cannot be sent: %s', async (name, before) => {
    const answer = await tested.send('GET', `/api/${name}`);
    expect([answer.status, answer.text, answer.headers['a-before']]).toEqual([500, '', before]);
    expect((await tested.send('GET', '/api/nothing')).status).toBe(204);
  });

  it('whose declared length is not that of the body are a 500 or break off, with a warning', async () => {
    expect((await tested.send('GET', '/api/length/3')).text).toBe('abc');
    expect((await tested.send('GET', '/api/length/2')).status).toBe(500);
    await expect(tested.send('GET', '/api/length/4')).rejects.toThrow();
    const warnings = tested.log.filter(({ message }) => message.includes("function 'length' sets content-length"));
    expect(warnings.map(({ level }) => level)).toEqual(['warning']);
  });

  it('with a transfer-encoding of their own never end, with a warning', async () => {
    const sent = request({ host: '127.0.0.1', port: tested.host.port, path: '/api/ownChunks' }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.complete]).toEqual([200, false]);
    sent.destroy();
    expect(tested.log.some(({ message }) => message.includes("function 'ownChunks' sets the header"))).toBe(true);
  });
});

describe('bodies', () => {
  const echo = async (body: string | Buffer, chunked = false): Promise<number> => {
    const answer = await tested.send('POST', '/api/echo', { body, chunked });
    return answer.status === 200 ? (JSON.parse(answer.text) as { length: number }).length : -answer.status;
  };

  it('are passed byte by byte up to the limit, beyond which the function is not called', async () => {
    expect(await echo(Buffer.alloc(2_000_000))).toBe(2_000_000);
    expect(await echo(Buffer.alloc(3_000_001))).toBe(-500);
    expect(tested.log.some(({ message }) => /body too large.*3000000 bytes/i.test(message))).toBe(true);
  });

  it('without a declared length are not passed to the function, with one warning', async () => {
    expect(await echo('chunked', true)).toBe(0);
    expect(await echo('chunked', true)).toBe(0);
    expect(tested.log.filter(({ message }) => message.includes('transfer-encoding: chunked'))).toHaveLength(1);
  });

  it('without a declared length stay unseen whatever host.json says, and the root is a function without a prefix', async () => {
    const http = { enableChunkedRequestBinding: true, routePrefix: '', customHeaders: { 'X-Odd': 'o' } };
    const own = `${app}http('root', { route: '{*all}' }, (request) => ({ jsonBody: request.params }));`;
    const hostJson = JSON.stringify({ version: '2.0', extensions: { http } });
    const other = await hostWith({ 'index.cjs': own, 'host.json': hostJson });

    const posted = await other.send('POST', '/echo', { body: 'abc', chunked: true });
    expect(JSON.parse(posted.text)).toMatchObject({ length: 0 });
    expect(await other.get('/')).toEqual({});
    expect(await other.get('/admin/mine')).toEqual({ all: 'admin/mine' });
    for (const path of ['/broken', '/admin/host/ping']) {
      expect((await other.send('GET', path)).headers['x-odd']).toBe('o');
    }

    await other.stop();
  });

  it('of a GET are dropped, with a log line of the programming model', async () => {
    const answer = await tested.send('GET', '/api/echo', { body: 'x' });
    expect(JSON.parse(answer.text)).toMatchObject({ length: 0 });
    expect(tested.log.some(({ message }) => message.startsWith('Discarding the body of the incoming GET'))).toBe(true);
  });

  it('can be forms', async () => {
    const answer = await tested.send('POST', '/api/form', {
      body: 'a=1&b=%C4%8D',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(JSON.parse(answer.text)).toEqual({ a: '1', b: 'č' });
  });
});

describe('functions in error or disabled', () => {
  it('are named at start with the reason, and the others run', async () => {
    const errors = Object.fromEntries(tested.host.index.errors);
    expect(errors).toEqual({
      Host: "'Host' is not a valid function name.",
      adminReport: 'The specified route conflicts with one or more built in routes.',
      'with space': "'with space' is not a valid function name.",
      same: "The route specified conflicts with the route defined by function 'post'.",
      stolen: 'The specified route conflicts with one or more built in routes.',
      level: "Invalid value specified for binding property 'authLevel' of enum type AuthorizationLevel.",
      queued: "The binding type(s) 'queueTrigger' are not served by this host.",
    });
    expect(tested.log.filter(({ message }) => message.includes('is in error')).length).toBe(7);
    for (const name of ['level', 'Host', 'with%20space'])
      expect((await tested.send('GET', `/api/${name}`)).status).toBe(404);
  });

  it('answer 404; a disabled one answers the master key', async () => {
    expect((await tested.send('GET', '/api/off')).status).toBe(404);
    expect((await tested.send('GET', `/api/off?code=${tested.host.keys.master}`)).status).toBe(200);
    expect(tested.host.functionList).toContain('Function off is disabled.');
    expect(tested.host.functionList).toContain(`\tget: [GET] ${tested.host.url}/api/method\n`);
  });
});

describe('the admin API', () => {
  const master = (): string => `code=${tested.host.keys.master}`;

  it('requires the master key: 401 without a valid key, 403 with a lesser one', async () => {
    const none = await tested.send('GET', '/admin/host/status');
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect((await tested.send('GET', `/admin/host/status?code=${tested.host.keys.function}`)).status).toBe(403);
    expect(await tested.get(`/admin/host/status?${master()}`)).toMatchObject({ state: 'Running' });
    expect((await tested.send('GET', '/admin/host/ping')).status).toBe(200);
    expect((await tested.send('GET', '/admin/nowhere')).status).toBe(404);
  });

  it('lists functions, also those in error, and describes one', async () => {
    const list = await tested.get(`/admin/functions?${master()}`);
    expect(list).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'queued' })]));
    expect(await tested.get(`/admin/functions/GUARDED?${master()}`)).toMatchObject({
      name: 'guarded',
      invoke_url_template: `${tested.host.url}/api/guarded`,
      config: { scriptFile: 'index.cjs', functionDirectory: tested.appDir },
      isDisabled: false,
    });
    expect(await tested.get(`/admin/functions/same/status?${master()}`)).toEqual({
      errors: [tested.host.index.errors.get('same')],
    });
  });

  it.each([
    ['{}', 'application/json', 'get', 202],
    ['{}', 'application/json', 'nowhere', 404],
    ['{}', 'text/plain', 'get', 415],
    ['{nope', 'application/json', 'get', 400],
    ['null', 'application/json', 'get', 400],
    ['', 'application/json', 'get', 400],
    ['/* only a comment */', 'application/json', 'get', 400],
    ['\uFEFF{"input": "x"}', 'application/json', 'get', 400],
    ['{"input": {}}', 'application/json', 'get', 400],
    ['{"input": [1], "INPUT": "x"}', 'application/json', 'get', 400],
    ['{"input": undefined}', 'application/json', 'get', 400],
    [`{"a": ${'['.repeat(70)}${']'.repeat(70)}}`, 'application/json', 'get', 400],
    ["// of one line\n{'input': 'x', other: 01,} and more", 'application/json', 'get', 202],
    ['{"input": NaN}', 'application/json', 'get', 202],
  ])('answers a run with body %s of type %s for %s by %s', async (body, type, name, status) => {
    const answer = await tested.send('POST', `/admin/functions/${name}?${master()}`, {
      body,
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(status);
  });
});

describe('other origins', () => {
  it('are allowed if local.settings.json names them', async () => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' };
    const preflight = await tested.send('OPTIONS', '/api/method', { headers });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, 'https://a.example']);

    const refused = { ...headers, origin: 'https://b.example' };
    expect((await tested.send('OPTIONS', '/api/method', { headers: refused })).status).toBe(404);

    const other = await tested.send('GET', '/api/method', { headers: { origin: 'https://b.example' } });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a start', () => {
  it('fails for a malformed route, an unknown constraint and a port in use', async () => {
    const one = (route: string): Record<string, string> => ({
      'index.cjs': `require('@azure/functions').app.http('x', { route: '${route}', handler: () => ({}) });`,
    });

    await expect(hostWith(one('a/{v:nosuch}'))).rejects.toThrow(/'v' - 'nosuch'/);
    await expect(hostWith(one('/a'))).rejects.toThrow(/separator/);
    await expect(hostWith(one('a'), { port: tested.host.port })).rejects.toThrow(/port \d+ is taken/);
    const prefixed = { 'host.json': '{"version": "2.0", "extensions": {"http": {"routePrefix": "/x/"}}}' };
    await expect(hostWith({ ...one('a'), ...prefixed })).rejects.toThrow(/'\/x\/\/a' cannot start with a '\/'/);
    const twins = `const { app } = require('@azure/functions'); for (const name of ['Twin', 'twin']) app.http(name, { handler: () => ({}) });`;
    await expect(hostWith({ 'index.cjs': twins })).rejects.toThrow(/'Twin' and 'twin' differ in case only/);
  });

  it('goes well with a broken regular expression, whose route answers 500', async () => {
    const broken = `const { app } = require('@azure/functions');
      app.http('broken', { route: 'a/{v:regex(()}', authLevel: 'anonymous', handler: () => ({ body: 'x' }) });
      app.http('whole', { route: 'b/{v:regex(^b$)}', authLevel: 'anonymous', handler: () => ({ body: 'x' }) });`;
    const other = await hostWith({ 'index.cjs': broken });
    expect((await other.send('GET', '/api/a/x')).status).toBe(500);
    expect((await other.send('GET', '/api/b/b')).status).toBe(200);
    expect((await other.send('GET', '/api/b/c')).status).toBe(404);
    await other.stop();
  });

  it('with --strict fails for what would otherwise be a warning', async () => {
    const shadowed = {
      'index.cjs': `const { app } = require('@azure/functions'); app.http('b', { route: 'x/y', handler: () => ({}) }); app.http('a', { route: 'x/{z}', handler: () => ({}) });`,
    };
    await expect(hostWith(shadowed, { strict: true })).rejects.toThrow(/answered by 'a'/);
  });
});

describe('a stop', () => {
  const slowRuns = async ({ log }: HostUnderTest): Promise<void> => {
    await expect.poll(() => log.some(({ message }) => message.startsWith("Executing 'Functions.slow'"))).toBe(true);
  };

  it('answers requests in progress and accepts no new ones', async () => {
    const other = await hostWith({ 'index.cjs': app });
    const slow = other.send('GET', '/api/slow?ms=300');

    await slowRuns(other);
    const stopping = other.stop();

    await expect(other.send('GET', '/api/get')).rejects.toThrow();
    expect((await slow).text).toBe('late');

    await stopping;
  });

  it('aborts requests that do not end in time', async () => {
    const other = await hostWith({ 'index.cjs': app }, { drainWithin: 200 });
    const slow = other.send('GET', '/api/slow?ms=60000').catch(() => 'cut off');
    await slowRuns(other);
    await other.stop();
    expect(await slow).toBe('cut off');
  });
});
