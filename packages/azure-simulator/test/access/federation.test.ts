import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { OidcProvider } from '../../../../test/shared/oidcProvider.js';

describe('client assertions', () => {
  let cloud: Cloud;
  let provider: OidcProvider;
  const clock = new ManualClock();
  beforeAll(async () => {
    cloud = await Cloud.start({ clock });
    provider = await OidcProvider.start(() => clock.now());
    const body = { identity: 'app', ...provider.credential };
    await cloud.call('POST', '/_control/federated-credentials', body);
  });
  afterAll(async () => {
    await provider.close();
    await cloud.end();
  });

  const ask = (assertion: string, identity: 'app' | 'operator' = 'app') =>
    cloud.call(
      'POST',
      `/${cloud.running.world.tenantId}/oauth2/v2.0/token`,
      new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: cloud.running.world.identities[identity].clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        scope: 'https://vault.azure.net/.default',
      }).toString(),
      { 'content-type': 'application/x-www-form-urlencoded' },
    );

  it('sign in the application whose federated credential names their provider, also after a restart', async () => {
    expect((await ask(await provider.token())).status).toBe(200);
    await cloud.restart();
    expect((await ask(await provider.token())).status).toBe(200);
  });

  it('are refused once they have ended (AADSTS700024)', async () => {
    const assertion = await provider.token();
    clock.advance(301 + 5);
    const reply = await ask(assertion);
    expect(reply).toMatchObject({ status: 401, body: { error: 'invalid_client', error_codes: [700024] } });
  });

  it.each<[string, () => Promise<string>, number]>([
    ['of another provider', () => provider.token({ iss: 'https://other.example.org' }), 700211],
    ['for another audience', () => provider.token({ aud: 'api://other' }), 700212],
    ['of another subject', () => provider.token({ sub: 'repo:contoso/other:ref:refs/heads/main' }), 700213],
    ['with another signature', async () => `${(await provider.token()).replace(/\.[^.]+$/, '')}.AAAA`, 700027],
    ['that are none', async () => 'none', 50027],
    ['without an end', () => provider.token({ exp: undefined }), 50027],
    ['with an end that is no number', () => provider.token({ exp: 'never' }), 50027],
    ['that begin later than any date', () => provider.token({ nbf: 1e300 }), 700024],
  ])('%s are refused', async (_what, assertion, code) => {
    expect(await ask(await assertion())).toMatchObject({ status: 401, body: { error_codes: [code] } });
  });

  it.each<[string, OidcProvider['faults']]>([
    ['whose discovery document fails', { discovery: 500 }],
    ['whose discovery document never arrives', { discovery: 'never' }],
    ['whose keys fail', { keys: 503 }],
    ['whose keys are none', { keys: 'noKeys' }],
  ])('of a provider %s are refused for that reason (AADSTS50166)', async (_what, faults) => {
    const short = AbortSignal.timeout(50);
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    if (faults.discovery === 'never') timeout.mockReturnValueOnce(short);
    Object.assign(provider.faults, faults);
    try {
      expect(await ask(await provider.token())).toMatchObject({ status: 401, body: { error_codes: [50166] } });
    } finally {
      timeout.mockRestore();
      delete provider.faults.discovery;
      delete provider.faults.keys;
    }
  });

  it('of an application without a federated credential are refused', async () => {
    expect((await ask(await provider.token(), 'operator')).body).toMatchObject({ error_codes: [700211] });
  });
});
