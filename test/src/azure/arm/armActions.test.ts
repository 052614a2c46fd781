import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientSecretCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { ARM_ACTIONS, neededActions } from '../../../../src/azure/arm/armActions.js';
import { ASKED_WITHOUT_RIGHT } from './askedWithoutRight.js';
import { createArmControlPlane } from '../../../../src/azure/arm/armControlPlane.js';
import { loadConfig } from '../../../../src/settings/config.js';
import type { RegistryControlPlane } from '../../../../src/ports/registryControlPlane.js';
import { Cloud } from '../../../shared/cloud.js';

const MAP = 'a-scope-map';
const OTHER_MAP = 'another-scope-map';
const TOKEN = 'a-token';
const CONNECTED = 'myconnectedregistry';

const counted = z.object({
  principals: z.object({ app: z.object({ arm: z.object({ operations: z.record(z.string(), z.number()) }) }) }),
});

let cloud: Cloud;
let arm: RegistryControlPlane;
const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];

beforeAll(async () => {
  // With every write asynchronous each call needs the most that it can.
  cloud = await Cloud.start({ settings: { asynchronousWrites: 'always', operationMilliseconds: 1 } });
  const { identities, tenantId } = cloud.running.world;
  const url = cloud.running.url;
  // The authority was made after this process, whose own list of authorities is read when it starts.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const config = loadConfig({
    REGISTRIES: cloud.registryId,
    ARM_ENDPOINT: url,
    KEY_VAULT_URL: url,
    SIGNAL_TOPIC_ENDPOINT: url,
    REPORT_KEYS: `k1:${Buffer.alloc(32).toString('base64url')}`,
  });
  const credential = new ClientSecretCredential(tenantId, identities.app.clientId, identities.app.clientSecret, {
    authorityHost: url,
    disableInstanceDiscovery: true,
  });
  arm = createArmControlPlane(config, () => credential, new Turns());
  await arm.getRegistry(cloud.registry);
});
afterEach(() => cloud.call('DELETE', '/_control/requests'));
afterAll(async () => {
  if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
  await cloud.end();
});

/** Each call of the port, in an order in which it has something to do. */
const CALLS: Readonly<Record<keyof RegistryControlPlane, (registry: string) => Promise<unknown>>> = {
  getRegistry: (registry) => arm.getRegistry(registry),
  listTokens: (registry) => arm.listTokens(registry),
  listScopeMaps: (registry) => arm.listScopeMaps(registry),
  listConnectedRegistries: (registry) => arm.listConnectedRegistries(registry),
  getConnectedRegistry: (registry) => arm.getConnectedRegistry(registry, CONNECTED),
  createScopeMap: async (registry) => {
    const content = { actions: ['repositories/hello-world/content/read'], description: '' };
    await arm.createScopeMap(registry, MAP, content);
    await arm.createScopeMap(registry, OTHER_MAP, content);
  },
  setScopeMapActions: (registry) => arm.setScopeMapActions(registry, MAP, ['repositories/hello-world/metadata/read']),
  getScopeMap: (registry) => arm.getScopeMap(registry, MAP),
  createToken: (registry) => arm.createToken(registry, TOKEN, MAP),
  getToken: (registry) => arm.getToken(registry, TOKEN),
  listTokensOf: (registry) => arm.listTokensOf(registry, MAP),
  generatePassword: (registry) =>
    arm.generatePassword(registry, TOKEN, 'password1', new Date(Date.now() + 90 * 86_400_000)),
  keepOnlySlots: (registry) => arm.keepOnlySlots(registry, TOKEN, []),
  setTokenScopeMap: (registry) => arm.setTokenScopeMap(registry, TOKEN, OTHER_MAP),
  setClientTokens: (registry) => arm.setClientTokens(registry, CONNECTED, []),
  disableToken: (registry) => arm.disableToken(registry, TOKEN),
  enableToken: (registry) => arm.enableToken(registry, TOKEN, []),
  deleteToken: (registry) => arm.deleteToken(registry, TOKEN),
  deleteScopeMap: (registry) => arm.deleteScopeMap(registry, MAP),
};

test.each(Object.entries(CALLS))('%s uses exactly the rights that the table says', async (name, call) => {
  await cloud.call('DELETE', '/_control/requests');
  await call(cloud.registry);
  const { operations } = counted.parse((await cloud.call('GET', '/_control/requests')).body).principals.app.arm;
  const said = ARM_ACTIONS[name as keyof RegistryControlPlane];
  const asked = Object.keys(operations).filter((one) => one !== ASKED_WITHOUT_RIGHT);
  expect(asked.toSorted()).toEqual([...said].toSorted());
  expect(Object.keys(operations).includes(ASKED_WITHOUT_RIGHT)).toBe(name.startsWith('delete'));
});

test('a token that is gone by now has nothing to disable or to empty', async () => {
  await arm.disableToken(cloud.registry, 'deleted-token');
  await arm.keepOnlySlots(cloud.registry, 'deleted-token', []);
  await expect(arm.enableToken(cloud.registry, 'deleted-token', [])).rejects.toMatchObject({ kind: 'notFound' });
});

test('the role in infra/ has the rights that the code needs: none is missing, none spare (npm run infra-lists writes it)', () => {
  const file = join(projectRoot(), 'infra', 'modules', 'onboardingRole.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ actions: neededActions() });
});
