import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/access/roles.js';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';

describe('a role assignment', () => {
  let cloud: Cloud;
  const clock = new ManualClock();
  beforeAll(async () => {
    cloud = await Cloud.start({ clock });
  });
  afterAll(() => cloud.end());

  const secretPath = (name: string): string =>
    `${cloud.registryId.split('/providers')[0]}/providers/Microsoft.KeyVault/vaults/onboarding-local/secrets/${name}`;
  const assign = (scope: string, name: string, change: object = {}) =>
    cloud.armCall('PUT', `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, {
      properties: {
        roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLES['Key Vault Secrets User']?.id}`,
        principalId: cloud.running.world.identities.device.objectId,
        ...change,
      },
    });

  it('allows a device to read its one secret until the assignment is deleted', async () => {
    await cloud.vault().setSecret('its-own', 'value');
    await cloud.vault().setSecret('other', 'value');
    const device = cloud.vault('device');

    expect(await failureOf(device.getSecret('its-own'))).toMatchObject({ statusCode: 403 });
    expect((await assign(secretPath('its-own'), 'first')).status).toBe(201);
    expect((await device.getSecret('its-own')).value).toBe('value');
    expect(await failureOf(device.getSecret('other'))).toMatchObject({ statusCode: 403 });

    const list = await cloud.armCall(
      'GET',
      `${secretPath('its-own')}/providers/Microsoft.Authorization/roleAssignments`,
    );

    expect((list.body as { value: unknown[] }).value).toContainEqual(
      expect.objectContaining({ name: 'first', properties: expect.objectContaining({ scope: secretPath('its-own') }) }),
    );

    await cloud.armCall('DELETE', `${secretPath('its-own')}/providers/Microsoft.Authorization/roleAssignments/first`);
    expect(await failureOf(device.getSecret('its-own'))).toMatchObject({ statusCode: 403 });
  });

  it('is refused if it repeats another one, or its role or principal is unknown', async () => {
    await assign(secretPath('doubled'), 'first');

    expect(await assign(secretPath('doubled'), 'second')).toMatchObject({
      status: 409,
      body: { error: { code: 'RoleAssignmentExists' } },
    });

    const role = { roleDefinitionId: '/x/00000000-0000-0000-0000-000000000000' };
    expect(await assign(secretPath('bad'), 'third', role)).toMatchObject({
      body: { error: { code: 'RoleDefinitionDoesNotExist' } },
    });
    expect(await assign(secretPath('bad'), 'third', { principalId: 'unknown' })).toMatchObject({
      status: 400,
      body: { error: { code: 'PrincipalNotFound' } },
    });
  });

  it.each([
    ['2020-04-01-preview', true],
    ['2022-04-01', false],
  ])('keeps updatedOn in the answer to its deletion with api-version %s: %s', async (version, isKept) => {
    const name = `deleted-${version}`;
    const path = `${secretPath(name)}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    await assign(secretPath(name), name);
    const updatedOn = (body: unknown): string => (body as { properties: { updatedOn: string } }).properties.updatedOn;
    const before = updatedOn((await cloud.armCall('GET', path, undefined, version)).body);
    clock.advance(1);

    const after = updatedOn((await cloud.armCall('DELETE', path, undefined, version)).body);

    expect(after === before).toBe(isKept);
  });

  it('can be created only by an owner of the scope', async () => {
    const path = `${cloud.registryId}/providers/Microsoft.Authorization/roleAssignments/mine?api-version=2022-04-01`;
    const reply = await cloud.call('PUT', path, {}, { authorization: `Bearer ${await cloud.token('app')}` });
    expect(reply).toMatchObject({ status: 403, body: { error: { code: 'AuthorizationFailed' } } });
  });
});
