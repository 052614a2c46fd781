import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Cloud } from '../../../../test/shared/cloud.js';

const made = z.object({ clientId: z.string(), objectId: z.string() });
const granted = z.object({ access_token: z.string() });

describe('the endpoint for managed identities', () => {
  let cloud: Cloud;
  let second: z.infer<typeof made>;
  let stranger: z.infer<typeof made>;
  beforeAll(async () => {
    cloud = await Cloud.start();
    const make = async (name: string) => made.parse((await cloud.call('POST', '/_control/identities', { name })).body);
    second = await make('app-2');
    stranger = await make('sensor');
  });
  afterAll(() => cloud.end());

  const secret = (): string => cloud.running.world.identities.app.clientSecret;
  const ask = (query: Record<string, string>, header = secret()) => {
    const all = new URLSearchParams({ 'api-version': '2019-08-01', resource: cloud.url, ...query });
    return cloud.call('GET', `/msi/token?${all.toString()}`, undefined, { 'x-identity-header': header });
  };

  it('issues a token of the identity whose client id is asked for, and without one of the identity app', async () => {
    const { app } = cloud.running.world.identities;
    for (const [query, { clientId, objectId }] of [
      [{}, app],
      [{ client_id: app.clientId }, app],
      [{ client_id: second.clientId }, second],
    ] as const) {
      const { status, body } = await ask(query);
      expect([status, body]).toMatchObject([200, { client_id: clientId, resource: cloud.url, token_type: 'Bearer' }]);
      expect(decodeJwt(granted.parse(body).access_token)).toMatchObject({ appid: clientId, oid: objectId });
    }
  });

  it('refuses a request without the secret of the app, with 401', async () => {
    expect((await ask({}, 'wrong')).status).toBe(401);
    expect((await cloud.call('GET', '/msi/token?api-version=2019-08-01&resource=x')).status).toBe(401);
  });

  it.each<[string, () => Record<string, string>]>([
    ['an identity that is not one of the app', () => ({ client_id: stranger.clientId })],
    ['an unknown identity', () => ({ client_id: 'unknown' })],
    ['an unknown resource', () => ({ resource: 'https://graph.example' })],
    ['another api-version', () => ({ 'api-version': '2017-09-01' })],
  ])('refuses %s with 400', async (_, query) => {
    expect(await ask(query())).toMatchObject({ status: 400, body: { statusCode: 400 } });
  });

  it('counts the requests of each identity', async () => {
    await cloud.call('DELETE', '/_control/requests');
    await ask({ client_id: second.clientId });
    await ask({ client_id: second.clientId });
    await ask({ client_id: 'unknown' });
    expect((await cloud.call('GET', '/_control/requests')).body).toMatchObject({
      principals: { 'app-2': { entra: { total: 2 } }, anonymous: { entra: { total: 1 } } },
    });
  });
});
