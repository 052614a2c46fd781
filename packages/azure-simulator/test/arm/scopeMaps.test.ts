import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';

const READ = ['repositories/hello-world/content/read'];

describe('a scope map', () => {
  let cloud: Cloud;
  let maps: ReturnType<Cloud['arm']>['scopeMaps'];
  beforeAll(async () => {
    cloud = await Cloud.start();
    maps = cloud.arm().scopeMaps;
  });
  afterAll(() => cloud.end());

  it('is created at once, read and listed with those of the system', async () => {
    const reply = await cloud.armCall('PUT', `${cloud.registryId}/scopeMaps/readers`, {
      properties: { actions: READ },
    });

    expect(reply.status).toBe(200);
    expect(reply.headers['azure-asyncoperation']).toBeUndefined();

    const map = await maps.get(cloud.group, cloud.registry, 'readers');
    expect(map).toMatchObject({
      name: 'readers',
      typePropertiesType: 'UserDefined',
      actions: READ,
      provisioningState: 'Succeeded',
    });
    expect(map.creationDate).toBeInstanceOf(Date);

    const names = [];
    for await (const one of maps.list(cloud.group, cloud.registry)) names.push(one.name);

    expect(names).toEqual(expect.arrayContaining(['readers', 'myconnectedregistry', '_repositories_pull']));
  });

  it('is found by a path in any case', async () => {
    await maps.create(cloud.group, cloud.registry, 'MixedCase', { actions: READ });
    const path = cloud.registryId.replace('resourceGroups', 'RESOURCEgroups').toUpperCase();

    const reply = await cloud.armCall('GET', `${path}/SCOPEMAPS/mixedcase`);

    expect(reply.body).toMatchObject({ name: 'MixedCase', id: `${cloud.registryId}/scopeMaps/MixedCase` });
  });

  it('takes the given properties from a PATCH, which replaces the list of actions as a whole', async () => {
    await maps.create(cloud.group, cloud.registry, 'changing', { actions: READ, description: 'first' });
    const actions = ['repositories/samples/*/content/read', 'repositories/*/metadata/read'];

    const map = await maps.update(cloud.group, cloud.registry, 'changing', { actions });

    expect(map).toMatchObject({ actions, description: 'first' });
  });

  it('is updated asynchronously if a token uses it', async () => {
    await cloud.makeToken('user-of-map', 'used-map');
    const path = `${cloud.registryId}/scopeMaps/used-map`;

    const reply = await cloud.armCall('PATCH', path, { properties: { description: 'new' } });

    expect(reply.status).toBe(201);
    expect(reply.headers['retry-after']).toBe('10');
    expect(reply.body).toMatchObject({ properties: { provisioningState: 'Updating' } });

    const url = String(reply.headers['azure-asyncoperation']);
    expect(url).toContain(`${path}/operationStatuses/token-`);

    const status = await cloud.armCall('GET', new URL(url).pathname);
    expect(status).toMatchObject({ status: 200, body: { status: 'Succeeded' } });
    expect((await cloud.armCall('GET', path)).body).toMatchObject({ properties: { provisioningState: 'Succeeded' } });
  });

  it('cannot be deleted while a token uses it', async () => {
    await cloud.makeToken('holder', 'held-map');

    const failure = await failureOf(maps.delete(cloud.group, cloud.registry, 'held-map'));

    expect(failure).toMatchObject({ statusCode: 409, code: 'ScopeMapInUse' });

    await cloud.arm().tokens.delete(cloud.group, cloud.registry, 'holder');
    await maps.delete(cloud.group, cloud.registry, 'held-map');

    const gone = await cloud.armCall('DELETE', `${cloud.registryId}/scopeMaps/held-map`);

    expect(gone.status).toBe(204);
  });

  it('that does not exist is answered with the recorded 404', async () => {
    const reply = await cloud.armCall('GET', `${cloud.registryId}/scopeMaps/nothing`);
    expect(reply.status).toBe(404);
    expect(reply.body).toEqual({
      error: {
        code: 'ResourceNotFound',
        message: `The resource ${cloud.registryId}/scopeMaps/nothing could not be found.`,
      },
      status: 'Failed',
    });
  });

  it.each(['four', 'x'.repeat(51), 'with space', 'with.dot'])('refuses the name %s', async (name) => {
    const failure = await failureOf(maps.create(cloud.group, cloud.registry, name, { actions: READ }));
    expect(failure).toMatchObject({ statusCode: 400, code: 'InvalidResourceName' });
  });

  it.each([
    'repositories/hello-world/contentWrite',
    'repositories/Hello/content/read',
    'repositories/a*b/content/read',
    'repositories/*/x/content/read',
    'repositories//content/read',
    'gateway/MyRegistry/config/read',
    'gateway/cr/other/read',
    'anything',
  ])('refuses the action %s', async (action) => {
    const failure = await failureOf(maps.create(cloud.group, cloud.registry, 'bad-actions', { actions: [action] }));
    expect(failure).toMatchObject({ statusCode: 400, code: 'InvalidScopeMapActions' });
  });

  it('holds at most 500 repository permissions', async () => {
    const actions = Array.from({ length: 500 }, (_, index) => `repositories/app${index}/content/read`);
    await maps.create(cloud.group, cloud.registry, 'full-map', { actions });
    const more = [...actions, 'repositories/one-more/content/read'];

    const failure = await failureOf(maps.create(cloud.group, cloud.registry, 'full-map', { actions: more }));

    expect(failure).toMatchObject({ statusCode: 400, code: 'ScopeMapPermissionLimitExceeded' });
  });

  it('cannot be created without actions', async () => {
    const reply = await cloud.armCall('PUT', `${cloud.registryId}/scopeMaps/no-actions`, { properties: {} });
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'InvalidRequestContent' } } });
  });

  it('of the system cannot be deleted', async () => {
    const failure = await failureOf(maps.delete(cloud.group, cloud.registry, '_repositories_pull'));
    expect(failure).toMatchObject({ statusCode: 400, code: 'SystemDefinedScopeMap' });
  });

  it('needs an existing registry', async () => {
    const path = cloud.registryId.replace('myregistry', 'otherregistry');

    const put = await cloud.armCall('PUT', `${path}/scopeMaps/readers`, { properties: { actions: READ } });

    expect(put).toMatchObject({ status: 404, body: { error: { code: 'ParentResourceNotFound' } } });

    const get = await cloud.armCall('GET', `${path}/scopeMaps/readers`);
    expect(get).toMatchObject({ status: 404, body: { error: { code: 'ResourceNotFound' } } });
  });
});
