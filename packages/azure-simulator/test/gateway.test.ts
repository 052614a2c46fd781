import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud } from '../../../test/shared/cloud.js';
import { Edge } from './under-test/edge.js';
import { ManualClock } from '../../../test/shared/manualClock.js';

describe('the sync of a connected registry', () => {
  let cloud: Cloud;
  let edge: Edge;
  const clock = new ManualClock();
  beforeAll(async () => {
    cloud = await Cloud.start({ clock });
    edge = await Edge.of(cloud);
  });
  afterAll(() => cloud.end());

  const arm = () => cloud.arm();
  const connected = () => arm().connectedRegistries.get(cloud.group, cloud.registry, 'myconnectedregistry');

  it('brings the repositories in its scope with their tags, and no others', async () => {
    const { status, body } = await edge.sync();
    expect(status).toBe(200);
    expect(body.repositories).toEqual([{ name: 'hello-world', tags: ['latest'] }]);
    expect(body.connectedRegistry).toMatchObject({
      name: 'myconnectedregistry',
      mode: 'ReadOnly',
      schedule: '* * * * *',
      status: 'Active',
    });
  });

  it('applies wildcards in its scope', async () => {
    await cloud.call('PUT', '/_control/repositories', {
      registry: cloud.registry,
      name: 'samples/one',
      tags: ['v1', 'v2'],
    });
    const map = await arm().scopeMaps.get(cloud.group, cloud.registry, 'myconnectedregistry');
    const actions = [...(map.actions ?? []), 'repositories/samples/*/content/read'];
    await arm().scopeMaps.update(cloud.group, cloud.registry, 'myconnectedregistry', { actions });

    expect((await edge.sync()).body.repositories).toContainEqual({ name: 'samples/one', tags: ['v1', 'v2'] });
  });

  it('has a new generation only if its content has changed', async () => {
    const { generation } = (await edge.sync()).body;

    expect((await edge.sync({ lastGeneration: generation })).body.generation).toBe(generation);

    const id = await cloud.makeToken('bound-token');
    await arm().connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', {
      clientTokenIds: [id],
    });

    const after = (await edge.sync()).body;

    expect(after.generation).not.toBe(generation);
    expect(after.tokens).toEqual([
      { name: 'bound-token', enabled: true, actions: ['repositories/hello-world/content/read'], passwords: [] },
    ]);
  });

  it('reports that a client token is disabled', async () => {
    await cloud.makeToken('off-token');
    await arm().tokens.update(cloud.group, cloud.registry, 'off-token', { status: 'disabled' });
    await arm().connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', {
      clientTokenIds: [`${cloud.registryId}/tokens/off-token`],
    });

    expect((await edge.sync()).body.tokens).toMatchObject([{ name: 'off-token', enabled: false }]);
  });

  it("sets the times, state and details that ARM shows, until the edge's silence makes it offline", async () => {
    await edge.sync({
      version: '0.11.0',
      statusDetails: [{ type: 'Warning', code: 'DiskFull', description: 'little space' }],
    });

    const now = await connected();

    expect(now).toMatchObject({ connectionState: 'Online', lastActivityTime: clock.now(), version: '0.11.0' });
    expect(now.parent?.syncProperties?.lastSyncTime).toEqual(clock.now());
    expect(now.statusDetails).toMatchObject([{ code: 'DiskFull' }]);

    clock.advance(3600);
    expect(await connected()).toMatchObject({ connectionState: 'Offline' });
  });

  it('is refused with 401 for a wrong password, another token, or an unknown connected registry', async () => {
    expect((await edge.sync({}, 'wrong')).status).toBe(401);

    const authorization = `Basic ${Buffer.from(`bound-token:${edge.password}`).toString('base64')}`;
    const path = `/gateway/${cloud.registry}/myconnectedregistry/sync`;

    expect((await cloud.call('POST', path, {}, { authorization })).status).toBe(401);
    expect((await cloud.call('POST', path, {})).status).toBe(401);
    expect((await cloud.call('POST', `/gateway/${cloud.registry}/nothing/sync`, {})).status).toBe(401);
  });

  it('is refused with 403 while its token is disabled, or lacks the gateway rights', async () => {
    await arm().tokens.update(cloud.group, cloud.registry, 'myconnectedregistry', { status: 'disabled' });

    expect((await edge.sync()).status).toBe(403);

    await arm().tokens.update(cloud.group, cloud.registry, 'myconnectedregistry', { status: 'enabled' });
    expect((await edge.sync()).status).toBe(200);

    const { actions = [] } = await arm().scopeMaps.get(cloud.group, cloud.registry, 'myconnectedregistry');
    const fewer = actions.filter((action) => !action.endsWith('message/read'));
    await arm().scopeMaps.update(cloud.group, cloud.registry, 'myconnectedregistry', { actions: fewer });

    expect((await edge.sync()).status).toBe(403);

    await arm().scopeMaps.update(cloud.group, cloud.registry, 'myconnectedregistry', { actions });
  });

  it('accepts a regenerated sync password at once, and the old one until replication has ended', async () => {
    const old = edge.password;
    edge = await Edge.of(cloud);

    expect((await edge.sync()).status).toBe(200);
    expect((await edge.sync({}, old)).status).toBe(200);

    clock.advance(61);
    expect((await edge.sync({}, old)).status).toBe(401);
  });

  it('is refused after a deactivation until the sync credentials are regenerated', async () => {
    clock.advance(1);
    await arm().connectedRegistries.deactivate(cloud.group, cloud.registry, 'myconnectedregistry');

    expect((await edge.sync()).status).toBe(403);
    expect((await connected()).activation?.status).toBe('Inactive');

    clock.advance(1);
    edge = await Edge.of(cloud);

    expect((await edge.sync()).status).toBe(200);
    expect((await connected()).activation?.status).toBe('Active');
  });
});
