import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';

describe('an asynchronous write', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start({ settings: { asynchronousWrites: 'always' } });
  });
  afterAll(() => cloud.end());

  it('gives the SDK the same result, including generated passwords', async () => {
    const arm = cloud.arm();
    const id = await cloud.makeToken('client-token');

    const made = await arm.registries.generateCredentials(cloud.group, cloud.registry, {
      tokenId: id,
      name: 'password1',
    });

    expect(made.passwords?.[0]?.value).toHaveLength(52);

    const bound = await arm.connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', {
      clientTokenIds: [id],
    });

    expect(bound.clientTokenIds).toEqual([id]);

    await arm.connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', { clientTokenIds: [] });
    await arm.tokens.delete(cloud.group, cloud.registry, 'client-token');
    await arm.scopeMaps.delete(cloud.group, cloud.registry, 'plain-map');
    const remaining = [];
    for await (const token of arm.tokens.list(cloud.group, cloud.registry)) remaining.push(token.name);

    expect(remaining).toEqual(['myconnectedregistry']);
  });

  it('is answered with 201 or 202 and the address to poll', async () => {
    const map = `${cloud.registryId}/scopeMaps/async-map`;

    const put = await cloud.armCall('PUT', map, { properties: { actions: ['repositories/hello-world/content/read'] } });

    expect(put.status).toBe(201);
    expect(put.headers['azure-asyncoperation']).toBeDefined();

    const remove = await cloud.armCall('DELETE', map);
    expect(remove.status).toBe(202);
    expect(remove.headers['retry-after']).toBe('10');
    expect((await cloud.armCall('GET', new URL(String(remove.headers['location'])).pathname)).status).toBe(200);
  });

  it('is reported as succeeded after a restart if its resource exists', async () => {
    const put = await cloud.armCall('PUT', `${cloud.registryId}/scopeMaps/kept-map`, {
      properties: { actions: ['repositories/hello-world/content/read'] },
    });
    const { pathname } = new URL(String(put.headers['azure-asyncoperation']));
    await cloud.restart();

    expect((await cloud.armCall('GET', pathname)).body).toEqual({ status: 'Succeeded' });
    expect((await cloud.armCall('GET', pathname.replace('kept-map', 'lost-map'))).status).toBe(404);
  });
});
