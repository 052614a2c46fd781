import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AnonymousLimit, anonymousHandlers } from '../../../../../src/triggers/http/anonymousHandlers.js';
import { fleetPageRoute, getFleetPage } from '../../../../../src/triggers/http/page/fleetPage.js';
import { FakeDurableClient, httpRequest, invocation } from '../../../fakes/durable/durableClient.js';

const page = getFleetPage('keyOnLoopback');

function requestOf(file: string | undefined, headers: Readonly<Record<string, string>> = {}, path = 'ui'): HttpRequest {
  const request = httpRequest({ headers, params: file === undefined ? {} : { file } });
  return Object.assign(request, { url: `https://app.example/api/${path}` });
}

const get = (file?: string, headers?: Readonly<Record<string, string>>) => page(requestOf(file, headers));
const headersOf = ({ headers }: HttpResponseInit) => headers as Readonly<Record<string, string>>;

/** The document, as a browser that accepts no compression gets it. */
async function documentText(): Promise<string> {
  const { body } = await get();
  if (typeof body !== 'string') throw new Error('The document is no text.');
  return body;
}

/** Names of the files that the document refers to. */
async function named(): Promise<string[]> {
  return [...(await documentText()).matchAll(/(?:src|href)="ui\/([^"]+)"/g)].map(([, name = '']) => name);
}

describe('the document', () => {
  test('is HTML that names how operators sign in, and its script, style and icon by hashes', async () => {
    const { status, body } = await get();
    expect(status).toBe(200);
    expect(body).toMatch(/^<!doctype html>\n<html lang="en" data-sign-in="keyOnLoopback">/);
    expect((await named()).map((name) => name.replace(/\.[\w-]{12}\./, '.#.')).sort()).toEqual([
      'icon.#.svg',
      'page.#.css',
      'page.#.js',
    ]);
  });

  test.each(['entra', 'key'] as const)('says %s where the settings do', async (signIn) => {
    const { body } = await getFleetPage(signIn)(requestOf(undefined));
    expect(body).toContain(`data-sign-in="${signIn}"`);
  });

  test('has no script and no style of its own', async () => {
    expect(await documentText()).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/i);
  });

  test('leads from an address with a slash at its end to the one that its names are relative to', async () => {
    const { status, headers } = await page(requestOf(undefined, {}, 'ui/'));
    expect([status, (headers as Record<string, string>)['location']]).toEqual([308, '../ui']);
    expect(new URL('../ui', 'https://app.example/api/ui/').pathname).toBe('/api/ui');
  });
});

describe('every answer', () => {
  test('allows the page its own files and its own origin, and nothing else', async () => {
    for (const name of [undefined, ...(await named())]) {
      const headers = headersOf(await get(name));
      const policy = headers['content-security-policy']?.split('; ');
      expect(policy).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ]);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(Object.keys(headers)).not.toContain('set-cookie');
    }
  });

  test('may be kept forever if its name has a hash; the document is asked for each time', async () => {
    expect(headersOf(await get())['cache-control']).toBe('no-cache');
    for (const name of await named())
      expect(headersOf(await get(name))['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  test('is 304 without a body for the ETag that it had, also if a proxy has marked it as weak', async () => {
    for (const name of [undefined, ...(await named())]) {
      const { etag = '' } = headersOf(await get(name));
      for (const header of [etag, `W/${etag}`, `"other", ${etag}`]) {
        const { status, body, headers } = await get(name, { 'if-none-match': header });
        expect([status, body, headersOf({ headers: headers ?? {} })['etag']]).toEqual([304, undefined, etag]);
      }
      expect((await get(name, { 'if-none-match': '"other"' })).status).toBe(200);
    }
  });

  test('is compressed for those who accept it', async () => {
    const plain = (await get()).body;
    const { body, headers } = await get(undefined, { 'accept-encoding': 'br, gzip;q=0.8' });
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(body as Uint8Array).toString()).toBe(plain);
    for (const refused of ['', 'br', 'gzip;q=0', 'gzip; q=0.0, br', 'xgzipx'])
      expect((await get(undefined, { 'accept-encoding': refused })).body).toBe(plain);
  });
});

test.each(['nope', 'page.js', '../package.json', '__proto__', 'constructor'])('there is no file %s', async (name) => {
  expect(await get(name)).toEqual({ status: 404 });
});

test('the route is anonymous, counts as that, and reads neither a body nor the engine', async () => {
  const { route, methods, authLevel, handler } = fleetPageRoute('entra', anonymousHandlers(new AnonymousLimit(2)));
  expect({ route, methods, authLevel }).toEqual({ route: 'ui/{*file}', methods: ['GET'], authLevel: 'anonymous' });
  const engine = new FakeDurableClient();
  const { context } = invocation();
  const request = Object.defineProperty(requestOf(undefined), 'body', {
    get: () => {
      throw new Error('The body is read.');
    },
  });
  const statuses = [];
  for (let nth = 0; nth < 3; nth += 1) statuses.push((await handler(request, engine.client, context)).status);
  expect([statuses, engine.reads]).toEqual([[200, 200, 429], 0]);
});
