import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud } from '../../../test/shared/cloud.js';

describe('Azure Resource Manager', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start();
  });
  afterAll(() => cloud.end());

  it("adds a request id to every answer, and returns the caller's correlation id", async () => {
    const reply = await cloud.call('GET', `${cloud.registryId}?api%2Dversion=2025-11-01`, undefined, {
      authorization: `Bearer ${await cloud.token('operator')}`,
      'x-ms-correlation-request-id': 'mine',
    });

    expect(reply.status).toBe(200);
    expect(reply.headers['x-ms-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.headers['x-ms-correlation-request-id']).toBe('mine');
  });

  it.each([
    ['', '', 'MissingApiVersionParameter'],
    ['', 'latest', 'InvalidApiVersionParameter'],
    ['', '2024-02-30', 'NoRegisteredProviderFound'],
    ['/scopeMaps', '2021-09-01', 'NoRegisteredProviderFound'],
    ['/connectedRegistries', '2023-07-01', 'NoRegisteredProviderFound'],
  ])('refuses the registry%s with api-version "%s" by %s', async (below, version, code) => {
    expect(await cloud.armCall('GET', cloud.registryId + below, undefined, version)).toMatchObject({
      status: 400,
      body: { error: { code } },
    });
  });

  it.each([
    ['', '2022-02-01-preview'],
    ['/scopeMaps', '2020-11-01-preview'],
    ['/tokens', '2020-11-01-preview'],
    ['/connectedRegistries', '2021-08-01-preview'],
    ['/connectedRegistries', '2025-11-01'],
  ])('serves the registry%s with api-version %s', async (below, version) => {
    expect((await cloud.armCall('GET', cloud.registryId + below, undefined, version)).status).toBe(200);
  });

  it.each([
    [
      (id: string) => id.replace(/subscriptions\/[^/]+/, 'subscriptions/00000000-0000-0000-0000-000000000000'),
      404,
      'SubscriptionNotFound',
    ],
    [(id: string) => id.replace('onboarding-local', 'elsewhere'), 403, 'AuthorizationFailed'],
    [(id: string) => id.replace('myregistry', 'nothing'), 404, 'ResourceNotFound'],
    [(id: string) => `${id}/nothing`, 404, 'InvalidResourceType'],
  ])('answers the wrong path no. %# with %i %s', async (change, status, code) => {
    expect(await cloud.armCall('GET', change(cloud.registryId))).toMatchObject({ status, body: { error: { code } } });
  });

  it('answers 405 to a method that a path does not support', async () => {
    expect((await cloud.armCall('POST', `${cloud.registryId}/tokens`)).status).toBe(405);
  });

  it("lists subscriptions and resources with the Azure CLI's filter", async () => {
    const { subscriptionId } = cloud.running.world;

    const subscriptions = (await cloud.armCall('GET', '/subscriptions', undefined, '2019-11-01')).body as {
      value: unknown[];
    };

    expect(subscriptions.value).toMatchObject([{ subscriptionId, state: 'Enabled' }]);

    const filter = encodeURIComponent("resourceType eq 'Microsoft.ContainerRegistry/registries'");

    const list = await cloud.armCall(
      'GET',
      `/subscriptions/${subscriptionId}/resources?$filter=${filter}`,
      undefined,
      '2021-04-01',
    );

    expect(list.body).toMatchObject({ value: [{ id: cloud.registryId, sku: { name: 'Premium' } }] });

    const bad = await cloud.armCall(
      'GET',
      `/subscriptions/${subscriptionId}/resources?$filter=x`,
      undefined,
      '2021-04-01',
    );

    expect(bad.status).toBe(400);
  });

  it.each([
    ["name eq 'myregistry' and resourceType eq 'Microsoft.ContainerRegistry/registries'", 1],
    ["resourceType eq 'microsoft.containerregistry/registries' and name eq 'MYREGISTRY'", 1],
    ["name eq 'another' and resourceType eq 'Microsoft.ContainerRegistry/registries'", 0],
    ["name eq 'myregistry' and name eq 'myregistry'", undefined],
    ["name eq 'myregistry' or name eq 'another'", undefined],
  ])('lists resources by %s', async (filter, found) => {
    const { subscriptionId } = cloud.running.world;
    const path = `/subscriptions/${subscriptionId}/resources?$filter=${encodeURIComponent(filter)}`;
    const { status, body } = await cloud.armCall('GET', path, undefined, '2021-04-01');
    const { value } = body as { readonly value?: readonly unknown[] };
    expect([status, value?.length]).toEqual([found === undefined ? 400 : 200, found]);
  });

  it('refuses a body that is not JSON', async () => {
    const reply = await cloud.armCall('PUT', `${cloud.registryId}/scopeMaps/readers`, '{');
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'InvalidRequestContent' } } });
  });
});
