import type { ConnectedRegistry } from '@azure/arm-containerregistry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';

describe('a connected registry', () => {
  let cloud: Cloud;
  let arm: ReturnType<Cloud['arm']>;
  let ids: string[];
  beforeAll(async () => {
    cloud = await Cloud.start({ settings: { clientsPerConnectedRegistry: 3 } });
    arm = cloud.arm();
    ids = [];
    for (const name of ['token-a', 'token-b', 'token-c', 'token-d']) ids.push(await cloud.makeToken(name));
  });
  afterAll(() => cloud.end());

  const bind = (clientTokenIds: string[], name = 'myconnectedregistry') =>
    arm.connectedRegistries.update(cloud.group, cloud.registry, name, { clientTokenIds });
  const make = (name: string, change: Partial<ConnectedRegistry> = {}, registry = cloud.registry) =>
    arm.connectedRegistries.create(cloud.group, registry, name, {
      mode: 'ReadOnly',
      parent: { syncProperties: { tokenId: ids[0], messageTtl: 'P2D' } },
      ...change,
    } as ConnectedRegistry);
  const raw = async () =>
    (await cloud.armCall('GET', `${cloud.registryId}/connectedRegistries/myconnectedregistry`)).body as {
      properties: object;
    };

  it('starts with the settings of the quickstart', async () => {
    const one = await arm.connectedRegistries.get(cloud.group, cloud.registry, 'myconnectedregistry');
    expect(one).toMatchObject({
      mode: 'ReadOnly',
      activation: { status: 'Active' },
      connectionState: 'Offline',
      loginServer: { host: 'localhost:8000' },
      parent: {
        syncProperties: {
          schedule: '* * * * *',
          messageTtl: 'P2D',
          tokenId: `${cloud.registryId}/tokens/myconnectedregistry`,
        },
      },
    });
    expect((await raw()).properties).not.toHaveProperty('clientTokenIds');
  });

  it('replaces its list of client tokens as a whole, also by an empty one', async () => {
    const [a = '', b = '', c = ''] = ids;

    expect((await bind([a, b])).clientTokenIds).toEqual([a, b]);
    expect((await bind([c])).clientTokenIds).toEqual([c]);

    const kept = await arm.connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', {
      syncProperties: { messageTtl: 'P3D' },
    });

    expect(kept).toMatchObject({ clientTokenIds: [c], parent: { syncProperties: { messageTtl: 'P3D' } } });

    await bind([]);
    expect((await raw()).properties).not.toHaveProperty('clientTokenIds');
  });

  it('answers a PATCH at once', async () => {
    const path = `${cloud.registryId}/connectedRegistries/myconnectedregistry`;

    const reply = await cloud.armCall('PATCH', path, {
      properties: { syncProperties: {}, logging: {}, clientTokenIds: [ids[0]] },
    });

    expect(reply).toMatchObject({ status: 200, body: { properties: { provisioningState: 'Succeeded' } } });
    expect(reply.headers['azure-asyncoperation']).toBeUndefined();
  });

  it('lists a token once, in the case of its name', async () => {
    const [a = ''] = ids;
    expect((await bind([a, a.toUpperCase()])).clientTokenIds).toEqual([a]);
  });

  it('refuses unknown tokens, and more tokens than the limit', async () => {
    expect(await failureOf(bind([`${cloud.registryId}/tokens/nothing`]))).toMatchObject({
      statusCode: 400,
      code: 'InvalidClientToken',
    });
    expect(await failureOf(bind(ids))).toMatchObject({ statusCode: 400, code: 'ClientTokenLimitExceeded' });

    await bind(ids.slice(0, 3));
  });

  it.each([
    ['a name with a hyphen', 'with-hyphen', {}, 'InvalidResourceName'],
    ['a short name', 'four', {}, 'InvalidResourceName'],
    ['an unknown mode', 'regist', { mode: 'Everything' }, 'InvalidRequestContent'],
    ['no message lifetime', 'regist', { parent: { syncProperties: { tokenId: 'x' } } }, 'InvalidRequestContent'],
  ] as const)('refuses %s', async (_, name, change, code) => {
    expect(await failureOf(make(name, change as never))).toMatchObject({ statusCode: 400, code });
  });

  it.each([
    [{ messageTtl: 'PT1H' }, 'InvalidDuration'],
    [{ messageTtl: 'P91D' }, 'InvalidDuration'],
    [{ messageTtl: 'P2D', schedule: 'now and then' }, 'InvalidSchedule'],
    [{ messageTtl: 'P2D', schedule: '0 0 0/10 * * *', syncWindow: 'PT4H' }, 'InvalidSchedule'],
    [{ messageTtl: 'P2D', schedule: '0 22-4 * * *', syncWindow: 'PT4H' }, 'InvalidSchedule'],
    [{ messageTtl: 'P2D', schedule: '0 0 L * *', syncWindow: 'PT4H' }, 'InvalidSchedule'],
    [{ messageTtl: 'P2D', schedule: '0 3 * * *' }, 'SyncWindowRequired'],
    [{ messageTtl: 'P2D', schedule: '0 3 * * *', syncWindow: 'PT30M' }, 'InvalidDuration'],
  ])('refuses the sync properties %j', async (sync, code) => {
    const parent = { syncProperties: { tokenId: ids[0] ?? '', ...sync } };
    expect(await failureOf(make('scheduled', { parent }))).toMatchObject({ statusCode: 400, code });
  });

  it('refuses to change its mode or sync token', async () => {
    await make('fixedone');

    expect(await failureOf(make('fixedone', { mode: 'ReadWrite' }))).toMatchObject({
      code: 'PropertyChangeNotAllowed',
    });

    const parent = { syncProperties: { tokenId: ids[1] ?? '', messageTtl: 'P2D' } };
    expect(await failureOf(make('fixedone', { parent }))).toMatchObject({ code: 'PropertyChangeNotAllowed' });

    await arm.connectedRegistries.delete(cloud.group, cloud.registry, 'fixedone');
  });

  it('accepts its mode in any case, and returns it as the service spells it', async () => {
    expect((await make('lowercase', { mode: 'readonly' })).mode).toBe('ReadOnly');
  });

  it('can have an existing parent, which cannot be deleted before its children', async () => {
    const parentOf = (id: string) => ({ parent: { id, syncProperties: { tokenId: ids[0] ?? '', messageTtl: 'P2D' } } });
    const top = (await make('topmost')).id ?? '';
    await make('nested', parentOf(top));
    const remove = arm.connectedRegistries.delete(cloud.group, cloud.registry, 'topmost');

    expect(await failureOf(remove)).toMatchObject({ statusCode: 409, code: 'ConnectedRegistryHasChildren' });
    expect(await failureOf(make('orphan', parentOf(`${cloud.registryId}/connectedRegistries/nothing`)))).toMatchObject({
      code: 'InvalidParent',
    });

    const children = [];
    const filter = `Properties/ParentId eq '${top}'`;

    for await (const one of arm.connectedRegistries.list(cloud.group, cloud.registry, { filter }))
      children.push(one.name);

    expect(children).toEqual(['nested']);

    await arm.connectedRegistries.delete(cloud.group, cloud.registry, 'nested');
    await arm.connectedRegistries.delete(cloud.group, cloud.registry, 'topmost');
  });

  it('needs a Premium registry with a data endpoint', async () => {
    const put = (name: string, sku: string, dataEndpointEnabled: boolean) =>
      cloud.armCall('PUT', cloud.registryId.replace('myregistry', name), {
        location: 'westeurope',
        sku: { name: sku },
        properties: { dataEndpointEnabled },
      });

    expect((await put('basicregistry', 'Basic', true)).status).toBe(400);

    await put('basicregistry', 'Basic', false);
    await put('premiumregistry', 'Premium', false);

    expect(await failureOf(make('connected', {}, 'basicregistry'))).toMatchObject({
      statusCode: 400,
      code: 'UnsupportedSku',
    });
    expect(await failureOf(make('connected', {}, 'premiumregistry'))).toMatchObject({ code: 'DataEndpointDisabled' });

    for (const change of [{ properties: { dataEndpointEnabled: false } }, { sku: { name: 'Standard' } }]) {
      const reply = await cloud.armCall('PATCH', cloud.registryId, { ...change });
      expect(reply.status).toBeGreaterThanOrEqual(400);
    }

    const kept = await cloud.armCall('PATCH', cloud.registryId, { properties: { dataEndpointEnabled: false } });

    expect(kept).toMatchObject({ status: 409, body: { error: { code: 'ConnectedRegistriesExist' } } });
  });

  it('syncs everything again after a resync, whatever the case of its name', async () => {
    const before = cloud.running.plane.arm.registries
      .get(cloud.registry)
      ?.connectedRegistries.get('myconnectedregistry');

    expect(before?.completeSince).toBeUndefined();

    const path = `${cloud.registryId}/connectedRegistries/MyConnectedRegistry/resync`;
    expect((await cloud.armCall('POST', path, undefined, '2026-09-01-preview')).status).toBe(200);

    const after = cloud.running.plane.arm.registries
      .get(cloud.registry)
      ?.connectedRegistries.get('myconnectedregistry');

    expect(after?.completeSince).toMatch(/^20\d\d-/);
  });

  it('keeps the state that its device reported over a PUT', async () => {
    const before = await arm.connectedRegistries.get(cloud.group, cloud.registry, 'myconnectedregistry');
    const parent = { syncProperties: { tokenId: before.parent?.syncProperties.tokenId ?? '', messageTtl: 'P4D' } };

    const after = await make('myconnectedregistry', { parent });

    expect(after).toMatchObject({ loginServer: { host: 'localhost:8000' }, activation: { status: 'Active' } });
    expect(after.clientTokenIds).toBeUndefined();
    expect((await cloud.armCall('DELETE', `${cloud.registryId}/connectedRegistries/nothing`)).status).toBe(204);
  });
});
