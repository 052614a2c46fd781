import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentityName } from '../../src/access/identities.js';
import { isAllowed } from '../../src/access/authorize.js';
import { RoleAssignments } from '../../src/access/roleAssignments.js';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';

describe('authorisation', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start();
  });
  afterAll(() => cloud.end());

  const call = async (who: IdentityName, method: string, path: string, body?: unknown) =>
    cloud.call(method, `${path}?api-version=2025-11-01`, body, { authorization: `Bearer ${await cloud.token(who)}` });

  it("refuses with Azure Resource Manager's message", async () => {
    const { clientId, objectId } = cloud.running.world.identities.device;

    const reply = await call('device', 'GET', cloud.registryId);

    expect(reply.status).toBe(403);
    expect(reply.body).toEqual({
      error: {
        code: 'AuthorizationFailed',
        message:
          `The client '${clientId}' with object id '${objectId}' does not have authorization to perform action ` +
          `'Microsoft.ContainerRegistry/registries/read' over scope '${cloud.registryId}' or the scope is invalid. ` +
          'If access was recently granted, please refresh your credentials.',
      },
    });
  });

  it('allows the app every action of its flows', async () => {
    const arm = cloud.arm('app');
    const actions = ['repositories/hello-world/content/read'];
    const map = await arm.scopeMaps.create(cloud.group, cloud.registry, 'apps-map', { actions });
    const made = await arm.tokens.create(cloud.group, cloud.registry, 'apps-token', {
      scopeMapId: map.id ?? '',
      status: 'enabled',
    });
    await arm.tokens.update(cloud.group, cloud.registry, 'apps-token', { status: 'enabled' });
    await arm.registries.generateCredentials(cloud.group, cloud.registry, {
      tokenId: made.id ?? '',
      name: 'password1',
    });
    await arm.registries.get(cloud.group, cloud.registry);
    await arm.connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', { clientTokenIds: [] });
    await arm.tokens.delete(cloud.group, cloud.registry, 'apps-token');

    await arm.scopeMaps.delete(cloud.group, cloud.registry, 'apps-map');

    expect(made.provisioningState).toBe('Succeeded');
  });

  it.each([
    ['DELETE', ''],
    ['PATCH', ''],
    ['DELETE', '/connectedRegistries/myconnectedregistry'],
    ['POST', '/connectedRegistries/myconnectedregistry/deactivate'],
  ])('refuses the app %s of the registry%s', async (method, below) => {
    const reply = await call('app', method, cloud.registryId + below, {});
    expect(reply).toMatchObject({ status: 403, body: { error: { code: 'AuthorizationFailed' } } });
  });

  it('refuses the app the resource group, keys of topics and event subscriptions', async () => {
    const group = cloud.registryId.split('/providers')[0] ?? '';
    for (const [method, path] of [
      ['GET', group],
      ['POST', `${group}/providers/Microsoft.EventGrid/topics/requests/listKeys`],
      ['GET', `${group}/providers/Microsoft.EventGrid/topics/requests/eventSubscriptions`],
    ] as const) {
      expect((await call('app', method, path)).status).toBe(403);
    }
  });

  it('lists for each caller the resources that it may read', async () => {
    const { subscriptionId } = cloud.running.world;
    const types = async (who: IdentityName) => {
      const reply = await call(who, 'GET', `/subscriptions/${subscriptionId}/resources`);
      return (reply.body as { value: { type: string }[] }).value.map((one) => one.type);
    };

    expect(await types('operator')).toEqual(
      expect.arrayContaining(['Microsoft.KeyVault/vaults', 'Microsoft.EventGrid/topics']),
    );
    expect(await types('app')).toEqual(['Microsoft.ContainerRegistry/registries', 'Microsoft.EventGrid/topics']);
    expect(await types('device')).toEqual([]);
  });

  it('allows the device to read managed secrets, and nothing else of the vault', async () => {
    const operator = cloud.vault('operator');
    await operator.setSecret('ours', 'value', { tags: { managedBy: 'onboarding' } });
    await operator.setSecret('foreign', 'value');
    const device = cloud.vault('device');

    expect((await device.getSecret('ours')).value).toBe('value');
    expect(await failureOf(device.getSecret('foreign'))).toMatchObject({ statusCode: 403, code: 'Forbidden' });
    expect(await failureOf(device.getSecret('nothing'))).toMatchObject({ statusCode: 403 });
    expect(await failureOf(device.setSecret('ours', 'other'))).toMatchObject({ statusCode: 403 });
    expect(await failureOf(device.listPropertiesOfSecrets().next())).toMatchObject({ statusCode: 403 });
  });

  it("refuses with Key Vault's message", async () => {
    const { message } = await failureOf(cloud.vault('device').getSecret('foreign'));
    expect(message).toContain('Caller is not authorized to perform action on resource.');
    expect(message).toContain("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'");
  });
});

describe('a role assignment', () => {
  const ask = (role: string, scope: string, action: string, at: string) =>
    isAllowed(new RoleAssignments([{ name: 'x', principalId: 'p', role, scope }]), {
      principalId: 'p',
      action,
      scope: at,
      plane: 'control',
    });

  it.each([
    ['Owner', '/a/b', 'anything/at/all', '/a/b/c', true],
    ['Owner', '/a/b', 'anything/at/all', '/A/B', true],
    ['Owner', '/a/b', 'anything/at/all', '/a/bc', false],
    ['Owner', '/a/b', 'anything/at/all', '/a', false],
    ['Reader', '/a', 'Some.Provider/things/READ', '/a', true],
    ['Reader', '/a', 'Some.Provider/things/write', '/a', false],
    ['Unknown', '/a', 'Some.Provider/things/read', '/a', false],
  ] as const)('of %s at %s allows %s at %s: %s', (role, scope, action, at, expected) => {
    expect(ask(role, scope, action, at)).toBe(expected);
  });
});
