import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/access/roles.js';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';

describe('a role definition', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start();
  });
  afterAll(() => cloud.end());

  const group = (): string => cloud.registryId.split('/providers')[0] ?? '';
  const vault = (): string => `${group()}/providers/Microsoft.KeyVault/vaults/onboarding-local`;
  const path = (name = ''): string => `${group()}/providers/Microsoft.Authorization/roleDefinitions/${name}`;
  const call = (method: string, at: string, body?: unknown, version = '2022-04-01') =>
    cloud.armCall(method, at, body, version);
  const put = (name: string, roleName: string, permission: object = { actions: ['*/read'] }) => {
    const properties = { roleName, type: 'CustomRole', permissions: [permission], assignableScopes: [group()] };
    return call('PUT', path(name), { properties });
  };
  const namesOf = ({ body }: { body: unknown }): string[] =>
    (body as { value: { properties: { roleName: string } }[] }).value.map(({ properties }) => properties.roleName);

  it('is created and changed with 201, and deleted once', async () => {
    const name = randomUUID();

    const made = await put(name, 'First');

    expect(made).toMatchObject({
      status: 201,
      body: {
        name,
        type: 'Microsoft.Authorization/roleDefinitions',
        properties: {
          type: 'CustomRole',
          permissions: [{ actions: ['*/read'], notActions: [], dataActions: [], notDataActions: [] }],
          createdBy: null,
        },
      },
    });
    expect((await put(name, 'Renamed')).status).toBe(201);
    expect(await call('GET', path(name))).toMatchObject({ body: { properties: { roleName: 'Renamed' } } });
    expect((await call('DELETE', path(name))).status).toBe(200);
    expect((await call('DELETE', path(name))).status).toBe(204);
    expect(await call('GET', path(name))).toMatchObject({
      status: 404,
      body: { error: { code: 'RoleDefinitionDoesNotExist' } },
    });
  });

  it('is found by name, ignoring case, and by type', async () => {
    await put(randomUUID(), 'Listed');
    const list = async (filter: string) =>
      namesOf(await call('GET', `${path().slice(0, -1)}?$filter=${encodeURIComponent(filter)}`));

    expect(await list("roleName eq 'reader'")).toEqual(['Reader']);
    expect(await list("type eq 'CustomRole'")).toContain('Listed');
    expect(await list("type eq 'CustomRole'")).not.toContain('Owner');
    expect(await list('')).toEqual(expect.arrayContaining(['Owner', 'Listed']));
  });

  it('has a unique name, and a built-in one cannot be changed', async () => {
    await put(randomUUID(), 'Taken');

    for (const taken of ['taken', 'Reader'])
      expect(await put(randomUUID(), taken)).toMatchObject({
        status: 409,
        body: { error: { code: 'RoleDefinitionWithSameNameExists' } },
      });
    expect((await put(ROLES['Reader']?.id ?? '', 'Changed')).status).toBe(400);
  });

  it('allows its actions without its notActions to its principals, and not after it has changed', async () => {
    const name = randomUUID();
    const secrets = 'Microsoft.KeyVault/vaults/secrets';
    await put(name, 'Reads values', { dataActions: [`${secrets}/*`], notDataActions: [`${secrets}/setSecret/action`] });
    await cloud.vault().setSecret('shared', 'value');
    const device = cloud.vault('device');
    const assignment = `${vault()}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
    const properties = {
      roleDefinitionId: path(name),
      principalId: cloud.running.world.identities.device.objectId,
      principalType: 'ServicePrincipal',
    };

    expect(await call('PUT', assignment, { properties })).toMatchObject({
      status: 201,
      body: { properties: { roleDefinitionId: expect.stringMatching(new RegExp(`/roleDefinitions/${name}$`)) } },
    });
    expect((await device.getSecret('shared')).value).toBe('value');
    expect(await failureOf(device.setSecret('shared', 'other'))).toMatchObject({ statusCode: 403 });
    expect(await call('DELETE', path(name))).toMatchObject({
      status: 400,
      body: { error: { code: 'RoleDefinitionHasAssignments' } },
    });

    await put(name, 'Reads values', { actions: ['*/read'] });
    expect(await failureOf(device.getSecret('shared'))).toMatchObject({ statusCode: 403 });

    await call('DELETE', assignment);
    expect((await call('DELETE', path(name))).status).toBe(200);
  });

  it('survives a restart', async () => {
    const name = randomUUID();
    await put(name, 'Kept');
    await cloud.restart();

    expect(await call('GET', path(name))).toMatchObject({ body: { properties: { roleName: 'Kept' } } });
  });

  it('can be created only by an owner of the scope', async () => {
    const authorization = `Bearer ${await cloud.token('app')}`;
    const at = `${path(randomUUID())}?api-version=2022-04-01`;
    expect(await cloud.call('PUT', at, {}, { authorization })).toMatchObject({ status: 403 });
  });
});

describe('a role assignment of an unknown principal', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start();
  });
  afterAll(() => cloud.end());

  const assign = (more: object, version: string) =>
    cloud.armCall(
      'PUT',
      `${cloud.registryId}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`,
      {
        properties: {
          roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLES['Reader']?.id}`,
          principalId: randomUUID(),
          ...more,
        },
      },
      version,
    );

  it('is created if the type of the principal is given', async () => {
    expect((await assign({}, '2022-04-01')).body).toMatchObject({ error: { code: 'PrincipalNotFound' } });
    expect(await assign({ principalType: 'Group' }, '2022-04-01')).toMatchObject({
      status: 201,
      body: { properties: { principalType: 'Group', condition: null, description: null } },
    });
  });

  it('has no condition and one time in api-versions before 2020-04', async () => {
    const made = await assign({ principalType: 'User' }, '2018-09-01-preview');
    const { properties } = made.body as { properties: Record<string, unknown> };

    for (const name of ['condition', 'conditionVersion', 'description', 'delegatedManagedIdentityResourceId'])
      expect(properties).not.toHaveProperty(name);
    expect(properties['createdOn']).toBe(properties['updatedOn']);
  });
});
