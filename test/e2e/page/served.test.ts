import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../harness/testStack.js';

/* How the app serves the fleet page, on every host: what the page then does is tested in a browser. */

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack();
});
afterAll(() => it.dispose());

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${it.stack.endpoints.functions.url}/api/${path}`, { headers, redirect: 'manual' });

async function names(): Promise<string[]> {
  const text = await (await get('ui')).text();
  return [...text.matchAll(/(?:src|href)="(ui\/[^"]+)"/g)].map(([, name = '']) => name);
}

describe('the fleet page', () => {
  test('is there without a key, with its policy, and holds no name of the installation', async () => {
    const answer = await get('ui');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(answer.headers.get('set-cookie')).toBeNull();
    const text = await answer.text();
    expect(text).toContain('data-sign-in="keyOnLoopback"');
    expect(text).not.toContain(it.stack.endpoints.azure.registry);
  });

  test('names files that are there, compressed, and kept forever', async () => {
    const files = await names();
    expect(files).toHaveLength(3);
    for (const file of files) {
      const answer = await get(file, { 'accept-encoding': 'gzip' });
      expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, 'gzip']);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      // As it was decompressed.
      expect((await answer.text()).length).toBeGreaterThan(100);
    }
  });

  test('is not sent again to who has it', async () => {
    for (const file of ['ui', ...(await names())]) {
      const etag = (await get(file)).headers.get('etag') ?? '';
      const answer = await get(file, { 'if-none-match': etag });
      expect([file, answer.status, await answer.text()]).toEqual([file, 304, '']);
    }
  });

  test('has no other file', async () => {
    for (const file of ['ui/page.js', 'ui/a/b', 'ui/..%2fhost.json', 'ui/%2e%2e/package.json'])
      expect((await get(file)).status).toBe(404);
  });
});

test('a setting takes the page away: then its address is like any other that does not exist', async () => {
  const without = await startTestStack({ settings: { FLEET_PAGE: 'false' } });
  try {
    const { url } = without.stack.endpoints.functions;
    for (const path of ['ui', 'ui/page.js', 'no-such-route']) {
      const answer = await fetch(`${url}/api/${path}`);
      expect([path, answer.status, await answer.text()]).toEqual([path, 404, '']);
    }
  } finally {
    await without.dispose();
  }
});
