import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';

describe('a token', () => {
  let cloud: Cloud;
  let arm: ReturnType<Cloud['arm']>;
  let mapId: string;
  beforeAll(async () => {
    cloud = await Cloud.start({ settings: { tokensPerRegistry: 300 } });
    arm = cloud.arm();
    const actions = ['repositories/hello-world/content/read'];
    mapId = (await arm.scopeMaps.create(cloud.group, cloud.registry, 'readers', { actions })).id ?? '';
  });
  afterAll(() => cloud.end());

  const create = (name: string, scopeMapId = mapId) =>
    arm.tokens.create(cloud.group, cloud.registry, name, { scopeMapId, status: 'enabled' });
  const slots = async (name: string): Promise<unknown[]> =>
    ((await arm.tokens.get(cloud.group, cloud.registry, name)).credentials?.passwords ?? []).map((one) => one.name);
  const generate = async (token: string, name?: 'password1' | 'password2') =>
    arm.registries.generateCredentials(cloud.group, cloud.registry, {
      tokenId: `${cloud.registryId}/tokens/${token}`,
      ...(name && { name }),
    });

  it('is created asynchronously, with the state Creating and an operation to poll', async () => {
    const path = `${cloud.registryId}/tokens/first-token`;

    const reply = await cloud.armCall('PUT', path, { properties: { scopeMapId: mapId, status: 'enabled' } });

    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ properties: { provisioningState: 'Creating', credentials: { passwords: [] } } });
    expect(reply.headers['retry-after']).toBe('10');

    const url = new URL(String(reply.headers['azure-asyncoperation']));
    expect(url.pathname).toMatch(/\/tokens\/first-token\/operationStatuses\/token-[0-9a-f-]{36}$/);
    expect(url.searchParams.get('api-version')).toBe('2025-11-01');
    expect((await cloud.armCall('GET', url.pathname)).body).toEqual({ status: 'Succeeded' });
  });

  it('is created by the SDK with one poll and without a wait', async () => {
    const pauses = vi.spyOn(globalThis, 'setTimeout');
    const token = await create('quick-token');
    // The SDK polls once before the first Retry-After, and that poll is the last.
    const waited = pauses.mock.calls.filter(([, milliseconds = 0]) => milliseconds >= 1000 && milliseconds < 10_000);

    pauses.mockRestore();

    expect(waited).toEqual([]);
    expect(token).toMatchObject({
      name: 'quick-token',
      provisioningState: 'Succeeded',
      status: 'enabled',
      scopeMapId: mapId,
    });
  });

  it('loses its passwords with a PUT, and keeps them with a PATCH', async () => {
    await create('wiped-token');
    await generate('wiped-token');
    await arm.tokens.update(cloud.group, cloud.registry, 'wiped-token', { status: 'disabled' });

    expect(await slots('wiped-token')).toEqual(['password1', 'password2']);

    await create('wiped-token');
    expect(await slots('wiped-token')).toEqual([]);
  });

  it('keeps only the passwords that a PATCH names', async () => {
    await create('trimmed');
    await generate('trimmed');
    const body = { properties: { credentials: { passwords: [{ name: 'password2' }] } } };
    await cloud.armCall('PATCH', `${cloud.registryId}/tokens/trimmed`, body);

    expect(await slots('trimmed')).toEqual(['password2']);
  });

  it('never shows a password or its hash', async () => {
    await create('secretive');
    const value = (await generate('secretive', 'password1')).passwords?.[0]?.value ?? '';

    const text = (await cloud.armCall('GET', `${cloud.registryId}/tokens/secretive`)).text;

    expect(value).toHaveLength(52);
    expect(text).not.toContain(value);
    expect(text).not.toMatch(/hash|salt|value"/);
  });

  it.each(['under_score', 'tiny', 'x'.repeat(51), 'dotted.name'])('refuses the name %s', async (name) => {
    expect(await failureOf(create(name))).toMatchObject({ statusCode: 400, code: 'InvalidResourceName' });
  });

  it('refuses a scope map that does not exist, belongs to another registry or is missing', async () => {
    for (const id of [`${cloud.registryId}/scopeMaps/nothing`, mapId.replace('myregistry', 'other'), 'readers']) {
      expect(await failureOf(create('mapless', id))).toMatchObject({ statusCode: 400, code: 'InvalidScopeMapId' });
    }

    const reply = await cloud.armCall('PUT', `${cloud.registryId}/tokens/mapless`, {
      properties: { status: 'enabled' },
    });

    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'InvalidRequestContent' } } });
  });

  it('accepts a scope map id in any case, and returns it in the case of its name', async () => {
    expect((await create('caseless', mapId.toUpperCase())).scopeMapId).toBe(mapId);
  });

  it('refuses an unknown status', async () => {
    const reply = await cloud.armCall('PUT', `${cloud.registryId}/tokens/odd-status`, {
      properties: { scopeMapId: mapId, status: 'paused' },
    });
    expect(reply.status).toBe(400);
  });

  it('that does not exist cannot be changed, and deleting it succeeds', async () => {
    const missing = arm.tokens.update(cloud.group, cloud.registry, 'nothing', { status: 'enabled' });
    expect(await failureOf(missing)).toMatchObject({ statusCode: 404, code: 'ResourceNotFound' });
    expect((await cloud.armCall('DELETE', `${cloud.registryId}/tokens/nothing`)).status).toBe(204);
  });

  it('cannot be deleted while it is a sync token or bound to a connected registry', async () => {
    const sync = arm.tokens.delete(cloud.group, cloud.registry, 'myconnectedregistry');

    expect(await failureOf(sync)).toMatchObject({ statusCode: 409, code: 'TokenInUse' });

    const id = (await create('bound-token')).id ?? '';
    const bind = (ids: string[]) =>
      arm.connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', { clientTokenIds: ids });
    await bind([id]);

    expect(await failureOf(arm.tokens.delete(cloud.group, cloud.registry, 'bound-token'))).toMatchObject({
      code: 'TokenInUse',
    });

    await bind([]);
    await arm.tokens.delete(cloud.group, cloud.registry, 'bound-token');
  });

  it('is listed in pages, and refused beyond the limit of its registry', async () => {
    const registry = cloud.running.plane.arm.registries.get(cloud.registry);
    const model = registry?.tokens.get('quick-token');
    if (!registry || !model) throw new Error('no model');
    for (let index = registry.tokens.size; index < 300; index++) {
      registry.tokens.set({ ...model, name: `bulk-${String(index).padStart(3, '0')}` });
    }
    const pages: number[] = [];
    const names = new Set<string>();

    for await (const page of arm.tokens.list(cloud.group, cloud.registry).byPage()) {
      pages.push(page.length);
      for (const token of page) names.add(token.name ?? '');
    }

    expect(pages).toEqual([200, 100]);
    expect(names.size).toBe(300);
    expect(await failureOf(create('one-too-many'))).toMatchObject({ statusCode: 400, code: 'TokenLimitExceeded' });
  });
});
