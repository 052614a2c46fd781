import { ClientSecretCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { createArmControlPlane } from '../../../../src/azure/arm/armControlPlane.js';
import { ended, isRefusedPoll, standingOf, type PollStanding } from '../../../../src/azure/arm/refusedPolls.js';
import { loadConfig } from '../../../../src/settings/config.js';
import type { RegistryControlPlane } from '../../../../src/ports/registryControlPlane.js';
import { Cloud } from '../../../shared/cloud.js';

const ARM = 'https://management.azure.com/subscriptions/s';
const refusal = (statusCode: number, path: string) =>
  Object.assign(new Error('no'), { statusCode, request: { url: `${ARM}/${path}?api-version=1` } });
const RESULTS = 'providers/Microsoft.ContainerRegistry/locations/EASTUS/operationResults/token-1';

describe('a refused poll', () => {
  test.each<[string, unknown, boolean]>([
    ['forbidden below a location', refusal(403, RESULTS), true],
    ['not found below a location', refusal(404, RESULTS), true],
    ['forbidden below the resource', refusal(403, 'x/tokens/t/operationStatuses/token-1'), true],
    ['the write itself', refusal(403, 'x/tokens/t'), false],
    ['a token of that name', refusal(404, 'x/tokens/operationResults'), false],
    ['a poll that is throttled', refusal(429, RESULTS), false],
    ['no error of the SDK', new Error('no'), false],
    ['nothing', undefined, false],
  ])('%s', (_, error, is) => expect(isRefusedPoll(error)).toBe(is));

  test.each<[string | undefined, PollStanding]>([
    ['Succeeded', 'done'],
    ['Creating', 'busy'],
    ['Updating', 'busy'],
    ['Failed', 'failed'],
    ['Canceled', 'failed'],
    [undefined, 'busy'],
  ])('a resource that says %s is %s', (state, standing) => expect(standingOf(state)).toBe(standing));
});

describe('a write whose polls are refused', () => {
  const what = { operation: 'delete token', resource: 'a-token' } as const;
  const waits: number[] = [];
  const wait = async (milliseconds: number) => void waits.push(milliseconds);
  const refused = async () => Promise.reject(refusal(403, RESULTS));
  beforeEach(() => waits.splice(0));

  test('ends when its resource says so', async () => {
    const standings: PollStanding[] = ['busy', 'busy', 'done'];
    await ended(what, refused, async () => standings.shift() ?? 'busy', wait);
    expect([standings, waits.length]).toEqual([[], 2]);
  });

  test('fails when its resource says so, and when it says nothing final for longer than anything was recorded to take', async () => {
    await expect(ended(what, refused, async () => 'failed', wait)).rejects.toMatchObject({
      detail: 'operation-failed',
    });
    waits.splice(0);
    const unfinished = ended(what, refused, async () => 'busy', wait);
    await expect(unfinished).rejects.toMatchObject({ kind: 'unavailable', detail: 'operation-unfinished' });
    expect(waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(60_000);
  });

  test('is not looked at where the write itself was refused', async () => {
    const error = refusal(403, 'x/tokens/t');
    const work = ended(
      what,
      async () => Promise.reject(error),
      async () => expect.unreachable(),
      wait,
    );
    await expect(work).rejects.toBe(error);
  });
});

describe('with a control plane that refuses polls below its location', () => {
  let cloud: Cloud;
  let arm: RegistryControlPlane;
  const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];

  beforeAll(async () => {
    cloud = await Cloud.start({ settings: { operationResultsRight: 'enforced', operationMilliseconds: 30 } });
    const { identities, tenantId } = cloud.running.world;
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const config = loadConfig({
      REGISTRIES: cloud.registryId,
      ARM_ENDPOINT: cloud.url,
      KEY_VAULT_URL: cloud.url,
      SIGNAL_TOPIC_ENDPOINT: cloud.url,
      REPORT_KEYS: `k1:${Buffer.alloc(32).toString('base64url')}`,
    });
    const credential = new ClientSecretCredential(tenantId, identities.app.clientId, identities.app.clientSecret, {
      authorityHost: cloud.url,
      disableInstanceDiscovery: true,
    });
    arm = createArmControlPlane(config, () => credential, new Turns());
  });
  afterAll(async () => {
    if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
    await cloud.end();
  });
  const fault = (operation: string, more: object) =>
    cloud.call('POST', '/_control/faults', { match: { operation }, when: 'before', ...more });
  const make = async (name: string) => {
    const content = { actions: ['repositories/hello-world/content/read'], description: '' };
    await arm.createScopeMap(cloud.registry, `map-of-${name}`, content);
    await arm.createToken(cloud.registry, name, `map-of-${name}`);
  };

  test('the app has no right to poll there, and tokens and scope maps are deleted all the same', async () => {
    await make('leaving');
    await arm.deleteToken(cloud.registry, 'leaving');
    expect(await arm.getToken(cloud.registry, 'leaving')).toBeUndefined();
    await arm.deleteScopeMap(cloud.registry, 'map-of-leaving');
    expect(await arm.getScopeMap(cloud.registry, 'map-of-leaving')).toBeUndefined();
  });

  test.each([403, 404])('a write whose poll is answered %i ends by the state of its resource', async (status) => {
    await fault('*/operationStatuses/read', { status, body: { error: { code: 'Refused', message: 'no' } } });
    await make(`refused-${status}`);
    await arm.disableToken(cloud.registry, `refused-${status}`);
    expect(await arm.getToken(cloud.registry, `refused-${status}`)).toMatchObject({ isEnabled: false });
    await cloud.call('DELETE', '/_control/faults');
  });

  test('passwords come from a 202 too, and are lost, not forgotten, where they cannot be fetched', async () => {
    await make('later');
    cloud.running.plane.settings.credentialsLater = true;
    const expiry = new Date('2040-01-01T00:00:00Z');
    const made = await arm.generatePassword(cloud.registry, 'later', 'password1', expiry);
    expect(made.value).toHaveLength(52);
    await fault('*/operationStatuses/read', { status: 404, body: { error: { code: 'NotFound', message: 'no' } } });
    const lost = arm.generatePassword(cloud.registry, 'later', 'password1', expiry);
    await expect(lost).rejects.toMatchObject({ kind: 'unavailable', detail: 'no-password' });
    await cloud.call('DELETE', '/_control/faults');
    cloud.running.plane.settings.credentialsLater = false;
  });

  test('a token that is not active yet is a conflict, after which the same call goes well', async () => {
    await make('fresh');
    const { settings } = cloud.running.plane;
    settings.operationMilliseconds = 60_000;
    await cloud.armCall('PATCH', `${cloud.registryId}/tokens/fresh`, { properties: { status: 'enabled' } });
    const early = arm.generatePassword(cloud.registry, 'fresh', 'password1', new Date('2040-01-01'));
    await expect(early).rejects.toMatchObject({ kind: 'conflict', code: 'TokenNotActive' });
    settings.operationMilliseconds = 30;
    await cloud.armCall('PATCH', `${cloud.registryId}/tokens/fresh`, { properties: { status: 'enabled' } });
    await arm.disableToken(cloud.registry, 'fresh');
    expect(
      (await arm.generatePassword(cloud.registry, 'fresh', 'password1', new Date('2040-01-01'))).value,
    ).toBeDefined();
  });
});
