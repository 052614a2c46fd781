import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FULL_TOKEN, PASSWORDS, PULL_TOKEN, startEdgeUnderTest } from './edgeUnderTest.js';
import type { EdgeUnderTest } from './edgeUnderTest.js';
import { basic, bearer, requestToken } from './registryCalls.js';

const PULL = 'repository:hello-world:pull';

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await startEdgeUnderTest();
});
afterEach(async () => edge.close());

const get = (path: string, token?: string) =>
  fetch(`${edge.url}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
const lines = (message: string) => edge.log.filter((line) => line.includes(message));
const tokenNamed = (name: string) => {
  const token = edge.plane.state.tokens.find((one) => one.name === name);
  if (!token) throw new Error(`no token ${name}`);
  return token;
};

describe("the edge's log", () => {
  test('has every pull with its client: the issued token, the manifest and each blob', async () => {
    const token = await bearer(edge, PULL_TOKEN, PASSWORDS.one, PULL);
    const manifest = await get('/v2/hello-world/manifests/latest', token);
    const { layers } = (await manifest.json()) as { layers: { digest: string }[] };
    const digest = layers[0]?.digest ?? '';

    await (await get(`/v2/hello-world/blobs/${digest}`, token)).arrayBuffer();

    expect(lines('token issued')).toEqual([expect.stringContaining(PULL_TOKEN)]);
    expect(lines('pulled manifest')).toEqual([expect.stringMatching(/hello-world.*latest/)]);
    expect(lines('pulled manifest')[0]).toContain(PULL_TOKEN);
    expect(lines('pulled manifest')[0]).toContain(manifest.headers.get('docker-content-digest'));
    expect(lines('pulled blob')).toEqual([expect.stringContaining(digest)]);
    expect(lines('refused')).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['a wrong password', () => requestToken(edge, PULL_TOKEN, 'wrong', PULL), 'the password is in neither slot'],
    [
      'an unknown token',
      () => requestToken(edge, 'someone-else', 'x', PULL),
      'the last sync had no token of that name',
    ],
    ['no credentials', () => get('/acr/oauth2/token'), 'neither user nor password was sent'],
    ['no bearer token', () => get('/v2/hello-world/manifests/latest'), 'no bearer token was sent'],
    [
      'a forged bearer token',
      () => get('/v2/hello-world/manifests/latest', 'forged'),
      'the bearer token is forged, expired',
    ],
  ])('has the reason of a refusal: %s', async (_case, act, reason) => {
    await act();
    expect(lines('refused')).toEqual([expect.stringContaining(reason)]);
  });

  test('distinguishes a disabled token from an expired password', async () => {
    tokenNamed(PULL_TOKEN).enabled = false;
    const slots = tokenNamed(FULL_TOKEN).passwords;
    for (const slot of slots) slot.expiry = new Date(edge.clock.now().getTime() - 1000).toISOString();
    await edge.sync();
    await requestToken(edge, PULL_TOKEN, PASSWORDS.one, PULL);

    await requestToken(edge, FULL_TOKEN, PASSWORDS.full, PULL);

    expect(lines('refused')).toEqual([
      expect.stringContaining('the token is disabled'),
      expect.stringContaining('the password has expired'),
    ]);
  });

  test('distinguishes a missing right from missing content', async () => {
    await get('/v2/other/manifests/latest', await bearer(edge, PULL_TOKEN, PASSWORDS.one, 'repository:other:pull'));

    await get('/v2/hello-world/manifests/none', await bearer(edge, PULL_TOKEN, PASSWORDS.one, PULL));

    expect(lines('refused')).toEqual([
      expect.stringContaining("the token's scope map does not grant pull on other"),
      expect.stringContaining('the last sync did not contain it'),
    ]);
    for (const line of lines('refused')) expect(line).toContain(PULL_TOKEN);
  });

  test('has no secret, wherever a client sends it', async () => {
    const secret = 'A+Password/With=Every0Kind0Of0Character0And0More0Than0Fifty';
    await requestToken(edge, secret, secret, PULL);
    await requestToken(edge, PULL_TOKEN, secret, secret);
    await get(`/v2/hello-world/manifests/${encodeURIComponent(secret)}`, secret);
    await get(`/${secret}?password=${secret}`);
    await fetch(`${edge.url}/v2/`, { headers: { authorization: basic(secret, secret) } });
    const body = new URLSearchParams({ grant_type: 'password', username: secret, password: PASSWORDS.one });
    await fetch(`${edge.url}/acr/oauth2/token`, { method: 'POST', body });

    const token = await bearer(edge, PULL_TOKEN, PASSWORDS.one, PULL);

    expect(edge.log.length).toBeGreaterThan(5);
    for (const value of [secret, PASSWORDS.one, token, Buffer.from(secret).toString('base64')])
      expect(edge.log.join('\n')).not.toContain(value);
  });
});
