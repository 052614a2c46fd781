import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FULL_TOKEN, PASSWORDS, PULL_TOKEN, startEdgeUnderTest } from './edgeUnderTest.js';
import type { EdgeUnderTest } from './edgeUnderTest.js';
import { bearer, errorOf, requestToken } from './registryCalls.js';

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await startEdgeUnderTest();
});
afterEach(async () => edge.close());

const PULL = 'repository:hello-world:pull';

function tokenNamed(name: string) {
  const token = edge.plane.state.tokens.find((candidate) => candidate.name === name);
  if (!token) throw new Error(`no token ${name}`);
  return token;
}

describe('the token endpoint', () => {
  test.each([PASSWORDS.one, PASSWORDS.two])('accepts the password of either slot: %s', async (password) => {
    const response = await requestToken(edge, PULL_TOKEN, password, PULL);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ expires_in: 60, token_type: 'Bearer' });
  });

  test('supports the password grant, as docker sends it', async () => {
    const form = { grant_type: 'password', username: FULL_TOKEN, password: PASSWORDS.full, service: edge.host };
    const body = new URLSearchParams({ ...form, scope: `${PULL} repository:samples/app:pull` });

    const response = await fetch(`${edge.url}/acr/oauth2/token`, { method: 'POST', body });

    expect(response.status).toBe(200);

    const { access_token } = (await response.json()) as { access_token: string };
    expect(decodeJwt(access_token)['access']).toHaveLength(2);
  });

  test('issues a bearer token with the allowed part of the requested access', async () => {
    const scopes = [PULL, 'repository:other:pull', 'repository:hello-world:push,delete'];

    const claims = decodeJwt(await bearer(edge, PULL_TOKEN, PASSWORDS.one, ...scopes));

    expect(claims['access']).toEqual([{ type: 'repository', name: 'hello-world', actions: ['pull'] }]);
    expect(claims.aud).toBe(edge.host);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
  });

  test('applies a wildcard right to repositories below its path only', async () => {
    const scopes = ['repository:samples/deep/er:pull', 'repository:samples:pull', 'repository:samples2/app:pull'];

    const claims = decodeJwt(await bearer(edge, FULL_TOKEN, PASSWORDS.full, ...scopes));

    expect(claims['access']).toEqual([
      { type: 'repository', name: 'samples/deep/er', actions: ['pull', 'metadata_read'] },
    ]);
  });

  test.each([
    ['a wrong password', PULL_TOKEN, 'wrong'],
    ["another token's password", PULL_TOKEN, PASSWORDS.full],
    ['an empty password', PULL_TOKEN, ''],
    ['a token that is not bound here', 'someone-else', PASSWORDS.one],
  ])('refuses %s with 401 UNAUTHORIZED', async (_case, user, password) => {
    const error = await errorOf(await requestToken(edge, user, password, PULL));
    expect(error).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });

  test('refuses a request without credentials', async () => {
    const error = await errorOf(await fetch(`${edge.url}/acr/oauth2/token?service=${edge.host}`));
    expect(error).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });

  test('refuses a password from its expiry on', async () => {
    const [first] = tokenNamed(PULL_TOKEN).passwords;
    if (first) first.expiry = new Date(edge.clock.now().getTime() + 90_000).toISOString();
    await edge.sync();

    expect((await requestToken(edge, PULL_TOKEN, PASSWORDS.one, PULL)).status).toBe(200);

    await edge.clock.advance(30);
    expect((await requestToken(edge, PULL_TOKEN, PASSWORDS.one, PULL)).status).toBe(401);
    expect((await requestToken(edge, PULL_TOKEN, PASSWORDS.two, PULL)).status).toBe(200);
  });

  test('refuses a disabled token after the next sync', async () => {
    tokenNamed(PULL_TOKEN).enabled = false;
    edge.plane.state.generation = '2';

    expect((await requestToken(edge, PULL_TOKEN, PASSWORDS.one, PULL)).status).toBe(200);

    await edge.sync();
    expect((await requestToken(edge, PULL_TOKEN, PASSWORDS.one, PULL)).status).toBe(401);
  });

  test('accepts a newly bound token after the next sync', async () => {
    edge.plane.state.tokens.push({ ...tokenNamed(PULL_TOKEN), name: 'newcomer' });

    expect((await requestToken(edge, 'newcomer', PASSWORDS.one, PULL)).status).toBe(401);

    await edge.sync();
    expect((await requestToken(edge, 'newcomer', PASSWORDS.one, PULL)).status).toBe(200);
  });
});
