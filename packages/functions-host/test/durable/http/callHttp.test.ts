import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { HttpActivityError, sendDurableHttp } from '../../../src/durable/http/httpActivity.js';
import { HttpRequestFormError } from '../../../src/durable/http/requestHeaders.js';
import type { DurableHttpRequest } from '../../../src/durable/replay/actions.js';

interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}
interface Answered {
  statusCode: number;
  headers: Record<string, unknown>;
  content: string;
}

const answer: RequestListener = (request, response) => {
  let body = '';
  request.on('data', (part: Buffer) => (body += part.toString()));
  request.on('end', () => {
    const [, kind = '', detail = ''] = (request.url ?? '').split('/');
    const { method, url, headers } = request;
    if (kind === 'status') response.writeHead(Number(detail), { location: '/echo/after' }).end('not followed');
    else if (kind === 'chain') response.writeHead(302, { location: `/chain/${Number(detail) + 1}` }).end();
    else if (kind === 'cookies')
      response
        .writeHead(200, { 'set-cookie': ['a=1; Path=/echo/jar', 'gone=1; Max-Age=0'], vary: 'a, b', 'x-c': 'a, b' })
        .end();
    else if (kind === 'charset')
      response.writeHead(200, { 'content-type': `text/plain; charset=${detail}` }).end(Buffer.from([0x41, 0xe9]));
    else if (kind === 'bytes') response.end(Buffer.from(detail, 'hex'));
    else if (kind === 'broken') response.destroy();
    else response.end(JSON.stringify({ method, url, headers, body }));
  });
};

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const call = async (path: string, request: Partial<DurableHttpRequest> = {}): Promise<Answered> =>
  JSON.parse(await sendDurableHttp({ method: 'GET', uri: base + path, ...request })) as Answered;
const seen = async (path: string, request: Partial<DurableHttpRequest> = {}): Promise<Seen> =>
  JSON.parse((await call(path, request)).content) as Seen;

describe('a request of callHttp', () => {
  it('has the headers that .NET sends, and a body with any method', async () => {
    const { method, body, headers } = await seen('/echo', { content: 'é', headers: { 'X-A': '1' } });
    expect([method, body]).toEqual(['GET', 'é']);
    expect(headers).toEqual({
      host: base.slice('http://'.length),
      'x-a': '1',
      'user-agent': 'Microsoft.Azure.WebJobs.Extensions.DurableTask/3.15.0',
      'content-type': 'text/plain',
      'content-length': '2',
    });
  });

  it.each([
    ['a charset', { 'content-type': 'text/plain; charset=utf-8' }, /^The format of value 'text\/plain; charset=utf-8'/],
    ['a content header', { 'Content-Length': '1' }, /^Misused header name, 'Content-Length'/],
    ['a space in a name', { 'bad header': '1' }, /^The header name 'bad header' has an invalid format/],
    ['a line break', { 'x-a': 'a\nb' }, /^New-line or NUL characters/],
    ['a multipart type', { 'content-type': 'multipart/form-data' }, /^Multipart content is not supported/],
  ])('with %s among its headers fails', async (_, headers, text) => {
    const failure = sendDurableHttp({ method: 'POST', uri: `${base}/echo`, content: 'x', headers });
    await expect(failure).rejects.toThrow(text);
    await expect(failure).rejects.toBeInstanceOf(HttpRequestFormError);
  });

  it('with other letters in a header, and one whose answer breaks off, get no answer', async () => {
    const other = call('/echo', { headers: { 'x-a': 'ž' } });
    await expect(other).rejects.toThrow('Request headers must contain only ASCII characters.');
    await expect(call('/broken')).rejects.toBeInstanceOf(HttpActivityError);
  });

  it('to an address that is relative, or of another scheme, fails', async () => {
    await expect(sendDurableHttp({ method: 'GET', uri: '/x' })).rejects.toThrow('An invalid request URI was provided.');
    await expect(sendDurableHttp({ method: 'GET', uri: 'ftp://x/y' })).rejects.toThrow("The 'ftp' scheme");
  });

  it('unescapes what needs no escape in its address', async () => {
    expect((await seen('/echo/%41%2f%7e%25')).url).toBe('/echo/A%2f~%25');
  });
});

describe('redirects', () => {
  it.each([
    [302, 'GET', 'GET'],
    [300, 'POST', 'GET'],
    [302, 'PATCH', 'PATCH'],
    [303, 'PUT', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
  ])('%i of a %s are followed by a %s', async (status, method, then) => {
    const headers = { Authorization: 'Bearer x', 'X-Kept': '1' };
    const content = method === 'GET' ? null : 'body';
    const last = await seen(`/status/${status}`, { method, headers, content });
    expect([last.url, last.method]).toEqual(['/echo/after', then]);
    expect(last.body).toBe(then === 'GET' ? '' : 'body');
    expect([last.headers['authorization'], last.headers['x-kept']]).toEqual([undefined, '1']);
  });

  it('end after fifty, and are not followed for other statuses', async () => {
    expect(await call('/chain/0')).toMatchObject({ statusCode: 302, headers: { Location: '/chain/51' } });
    expect(await call('/status/305')).toMatchObject({ statusCode: 305, content: 'not followed' });
  });
});

describe('an answer', () => {
  it('has lists of repeated headers, and cookies that later calls send back', async () => {
    expect((await call('/cookies')).headers).toMatchObject({
      'Set-Cookie': ['a=1; Path=/echo/jar', 'gone=1; Max-Age=0'],
      Vary: ['a', 'b'],
      'x-c': 'a, b',
    });
    expect((await seen('/echo/jar/x')).headers['cookie']).toBe('a=1');
    expect((await seen('/echo/jars')).headers['cookie']).toBeUndefined();
  });

  it('is decoded by its charset or byte order mark, and fails with one that .NET does not know', async () => {
    expect((await call('/charset/iso-8859-1')).content).toBe('Aé');
    expect((await call('/charset/utf-16be')).content).toBe('\u41e9');
    expect((await call('/charset/us-ascii')).content).toBe('A?');
    expect((await call('/bytes/efbbbf41')).content).toBe('A');
    expect((await call('/bytes/fffe4100')).content).toBe('A');
    expect((await call('/bytes/feff0041')).content).toBe('A');
    expect((await call('/bytes/41efbbbf')).content).toBe('A\uFEFF');
    await expect(call('/charset/windows-1250')).rejects.toThrow(
      'The character set provided in ContentType is invalid.',
    );
  });
});
