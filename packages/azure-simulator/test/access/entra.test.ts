import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';

describe('Entra ID', () => {
  let cloud: Cloud;
  const clock = new ManualClock();
  beforeAll(async () => {
    cloud = await Cloud.start({ clock });
  });
  afterAll(() => cloud.end());

  const tokenPath = (): string => `/${cloud.running.world.tenantId}/oauth2/v2.0/token`;
  const ask = (form: Record<string, string>, path = tokenPath()) =>
    cloud.call('POST', path, new URLSearchParams(form).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
  const good = (): Record<string, string> => ({
    grant_type: 'client_credentials',
    client_id: cloud.running.world.identities.app.clientId,
    client_secret: cloud.running.world.identities.app.clientSecret,
    scope: 'https://vault.azure.net/.default',
  });

  it('issues tokens that its published keys verify, with the caller as oid and the resource as audience', async () => {
    const { access_token: token, expires_in: seconds } = (await ask(good())).body as Record<string, string>;
    const keys = (await cloud.call('GET', `/${cloud.running.world.tenantId}/discovery/v2.0/keys`))
      .body as JSONWebKeySet;

    const { payload } = await jwtVerify(token ?? '', createLocalJWKSet(keys), { audience: 'https://vault.azure.net' });

    expect(payload['oid']).toBe(cloud.running.world.identities.app.objectId);
    expect(payload['tid']).toBe(cloud.running.world.tenantId);
    expect(seconds).toBe(3599);
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });

  it('refuses a wrong secret with 401 invalid_client AADSTS7000215, also through @azure/identity', async () => {
    const reply = await ask({ ...good(), client_secret: 'wrong' });
    expect(reply.status).toBe(401);
    expect(reply.body).toMatchObject({ error: 'invalid_client', error_codes: [7000215] });

    const failure = await failureOf(cloud.credential('app', 'wrong').getToken(`${cloud.url}/.default`));
    expect(failure.message).toContain('AADSTS7000215');
  });

  it.each([
    ['an unknown application', { client_id: 'unknown' }, 'unauthorized_client', 700016],
    ['a scope without /.default', { scope: 'https://vault.azure.net' }, 'invalid_scope', 1002012],
    ['an unknown resource', { scope: 'https://graph.example/.default' }, 'invalid_resource', 500011],
    ['another grant', { grant_type: 'password' }, 'unsupported_grant_type', 70003],
  ])('refuses %s', async (_, change, error, code) => {
    const reply = await ask({ ...good(), ...change });
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ error, error_codes: [code] });
  });

  it('refuses an unknown tenant', async () => {
    expect((await ask(good(), '/common-tenant/oauth2/v2.0/token')).body).toMatchObject({ error: 'invalid_tenant' });
  });

  it('serves the Azure CLI under /adfs, also for scopes with a double slash', async () => {
    const discovery = await cloud.call('GET', '/adfs/.well-known/openid-configuration');
    expect(discovery.body).toMatchObject({ token_endpoint: `${cloud.url}/adfs/oauth2/token` });

    const reply = await ask({ ...good(), scope: `${cloud.url}//.default` }, '/adfs/oauth2/token');
    expect(reply.body).toMatchObject({ token_type: 'Bearer' });
  });

  it('issues tokens that a service refuses if they are damaged, expired or for another service', async () => {
    const path = `${cloud.registryId}?api-version=2025-11-01`;
    const get = async (token: string) =>
      (await cloud.call('GET', path, undefined, { authorization: `Bearer ${token}` })).body as {
        error: { code: string };
      };
    const token = await cloud.token('operator');

    expect(await get(token)).toMatchObject({ name: cloud.registry });
    expect((await get(await cloud.token('operator', 'https://vault.azure.net'))).error.code).toBe(
      'InvalidAuthenticationTokenAudience',
    );
    expect((await get(`${token.slice(0, -6)}AAAAAA`)).error.code).toBe('InvalidAuthenticationToken');

    clock.advance(3700);
    expect((await get(token)).error.code).toBe('ExpiredAuthenticationToken');
    expect((await cloud.call('GET', path)).status).toBe(401);
  });

  it('accepts tokens for the public name of Azure Resource Manager', async () => {
    const token = await cloud.token('operator', 'https://management.azure.com');

    const reply = await cloud.call('GET', `${cloud.registryId}?api-version=2025-11-01`, undefined, {
      authorization: `Bearer ${token}`,
    });

    expect(reply.status).toBe(200);
  });
});
