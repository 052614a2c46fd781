import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ROLES } from '../../src/access/roles.js';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';

describe('the test controls', () => {
  let cloud: Cloud;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    cloud = await Cloud.start({ clock });
  });
  afterEach(() => cloud.end());

  const putToken = () =>
    cloud.armCall('PUT', `${cloud.registryId}/tokens/counted-token`, {
      properties: { scopeMapId: `${cloud.registryId}/scopeMaps/myconnectedregistry` },
    });

  it('count requests by caller, service and operation until they are reset', async () => {
    const app = cloud.arm('app');
    await app.registries.get(cloud.group, cloud.registry);
    await app.registries.get(cloud.group, cloud.registry);
    await cloud.vault('app').setSecret('secret', 'x');
    await failureOf(cloud.arm('device').registries.get(cloud.group, cloud.registry));

    const report = (await cloud.call('GET', '/_control/requests')).body;

    expect(report).toMatchObject({
      principals: {
        app: {
          arm: {
            total: 2,
            kinds: { read: 2 },
            outcomes: { read: { succeeded: 2 } },
            operations: { 'Microsoft.ContainerRegistry/registries/read': 2 },
          },
          vault: { total: 1, operations: { 'vault/setSecret': 1 } },
        },
        device: { arm: { total: 1, outcomes: { read: { refused: 1 } } }, entra: { total: 1 } },
        anonymous: { vault: { total: 1 } },
      },
    });
    expect(report).toMatchObject({ principals: { app: { arm: { asynchronous: 0 } } } });

    await cloud.call('DELETE', '/_control/requests');
    await putToken();
    await cloud.armCall('PUT', `${cloud.registryId}/scopeMaps/a-scope-map`, {
      properties: { actions: ['repositories/hello-world/content/read'] },
    });

    expect((await cloud.call('GET', '/_control/requests')).body).toMatchObject({
      principals: { operator: { arm: { kinds: { write: 2 }, asynchronous: 1 } } },
    });

    await cloud.call('DELETE', '/_control/requests');
    expect((await cloud.call('GET', '/_control/requests')).body).toEqual({ total: 0, principals: {} });
  });

  it('change settings of the running simulator', async () => {
    await cloud.call('PATCH', '/_control/settings', { asynchronousWrites: 'always' });

    const reply = await cloud.armCall('PUT', `${cloud.registryId}/scopeMaps/new-map`, {
      properties: { actions: ['repositories/hello-world/content/read'] },
    });

    expect(reply.status).toBe(201);
    expect((await cloud.call('PATCH', '/_control/settings', { recoverableDays: 1 })).status).toBe(400);
  });

  it('show the state without secrets', async () => {
    const id = await cloud.makeToken('some-token');
    const made = await cloud.arm().registries.generateCredentials(cloud.group, cloud.registry, { tokenId: id });
    await cloud.vault().setSecret('secret', 'the-vault-value');

    const { text } = await cloud.call('GET', '/_control/state');

    expect(text).toContain('some-token');
    for (const { value } of made.passwords ?? []) expect(text).not.toContain(value);
    for (const { clientSecret } of Object.values(cloud.running.world.identities))
      expect(text).not.toContain(clientSecret);
    expect(text).not.toContain('the-vault-value');
    expect(text).not.toMatch(/"(hash|salt|keys|value)"/);
  });

  it('create service principals, which keep exactly their assigned rights over a restart', async () => {
    const vaultId = `${cloud.registryId.split('/providers')[0]}/providers/Microsoft.KeyVault/vaults/onboarding-local`;
    const makeDevice = async (client: string) => {
      const reply = await cloud.call('POST', '/_control/identities', { name: `device-${client}` });
      expect(reply.status).toBe(201);
      const identity = reply.body as { clientId: string; clientSecret: string; objectId: string };
      // One role assignment for each of a client's two secrets, as in Azure, and nothing else of the vault.
      for (const secret of [client, `${client}-candidate`]) {
        const path = `${vaultId}/secrets/${secret}/providers/Microsoft.Authorization/roleAssignments/${client}`;
        const properties = {
          roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLES['Key Vault Secrets User']?.id}`,
          principalId: identity.objectId,
        };
        expect((await cloud.armCall('PUT', path, { properties }, '2022-04-01')).status).toBe(201);
      }
      return identity;
    };
    const [one, other] = [await makeDevice('client-a'), await makeDevice('client-b')];
    const tags = { managedBy: 'onboarding' };
    for (const name of ['client-a', 'client-a-candidate', 'client-b', 'client-b-candidate']) {
      await cloud.vault().setSecret(name, `value of ${name}`, { tags });
    }
    await cloud.restart();
    for (const [identity, own, foreign] of [
      [one, 'client-a', 'client-b'],
      [other, 'client-b', 'client-a'],
    ] as const) {
      const vault = cloud.vaultAs(identity);
      for (const name of [own, `${own}-candidate`])
        expect((await vault.getSecret(name)).value).toBe(`value of ${name}`);
      for (const name of [foreign, `${foreign}-candidate`]) {
        expect(await failureOf(vault.getSecret(name))).toMatchObject({ statusCode: 403, code: 'Forbidden' });
        const { properties } = await cloud.vault().getSecret(name);
        const version = properties.version ?? '';
        expect(await failureOf(vault.getSecret(name, { version }))).toMatchObject({ statusCode: 403 });
      }
      expect(await failureOf(vault.setSecret(own, 'mine'))).toMatchObject({ statusCode: 403 });
    }

    expect((await cloud.call('POST', '/_control/identities', { name: 'device-client-a' })).status).toBe(409);

    const listed = await cloud.call('GET', '/_control/identities');
    expect(listed.text).toContain('device-client-b');
    expect(listed.text).not.toContain(one.clientSecret);
  });

  it('redirect to the clock that the process follows, and return the time without one', async () => {
    const own = await cloud.call('GET', '/_control/clock');
    expect(own).toMatchObject({ status: 200, body: { mode: 'real', now: clock.now().toISOString(), scale: 1 } });
    expect((await cloud.call('POST', '/_control/clock', { mode: 'jumping' })).status).toBe(409);

    vi.stubEnv('LOCAL_CLOCK_URL', 'http://localhost:9/clock');
    await cloud.restart();
    for (const method of ['GET', 'POST']) {
      const reply = await cloud.call(method, '/_control/clock', method === 'POST' ? { mode: 'jumping' } : undefined);
      expect(reply).toMatchObject({ status: 307, headers: { location: 'http://localhost:9/clock' } });
    }

    const jump = await cloud.call('POST', '/_control/clock/jump', {});

    expect(jump).toMatchObject({ status: 307, headers: { location: 'http://localhost:9/clock/jump' } });

    vi.unstubAllEnvs();
  });
});
