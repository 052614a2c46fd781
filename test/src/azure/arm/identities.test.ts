import { randomUUID } from 'node:crypto';
import { ROLES, ONBOARDING_ROLE } from '@connected-registry/azure-simulator/access/roles';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { FakeHints } from '../../fakes/services/hints.js';
import { createAzurePorts } from '../../../../src/azure/ports.js';
import type { Ports } from '../../../../src/ports/ports.js';
import { createHealth } from '../../../../src/queries/health.js';
import { workInTurn } from '../../../../src/registration/workInTurn.js';
import { done } from '../../../../src/domain/operations/stepOutcome.js';
import { loadConfig, type Config } from '../../../../src/settings/config.js';
import { Cloud } from '../../../shared/cloud.js';

const NAMES = ['app', 'app-2', 'app-3'] as const;

const counts = z.object({ kinds: z.record(z.string(), z.number()), total: z.number() });
const report = z.object({ principals: z.record(z.string(), z.record(z.string(), counts)) });
const made = z.object({ clientId: z.string(), objectId: z.string() });

let cloud: Cloud;
let config: Config;
let ports: Ports;
let turns: Turns;

/** An app with three managed identities; the third one has no role. */
beforeAll(async () => {
  cloud = await Cloud.start({
    // No counts in answers: they follow the machine's clock.
    settings: { asynchronousWrites: 'always', operationMilliseconds: 1, throttling: 0 },
  });
  const { url, running, registryId } = cloud;
  const { app } = running.world.identities;
  const further: string[] = [];
  for (const name of NAMES.slice(1)) {
    const { clientId, objectId } = made.parse((await cloud.call('POST', '/_control/identities', { name })).body);
    further.push(clientId);
    if (name === 'app-3') continue;
    const assignment = `${registryId}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
    const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${ROLES[ONBOARDING_ROLE]?.id ?? ''}`;
    const properties = { roleDefinitionId, principalId: objectId, principalType: 'ServicePrincipal' };
    await cloud.armCall('PUT', assignment, { properties }, '2022-04-01');
  }
  // The authority was made after this process, whose own list of authorities is read when it starts.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  vi.stubEnv('IDENTITY_ENDPOINT', `${url}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', app.clientSecret);
  config = loadConfig({
    REGISTRIES: registryId,
    ARM_ENDPOINT: url,
    AZURE_CLIENT_ID: app.clientId,
    ARM_IDENTITIES: further.join(),
    KEY_VAULT_URL: url,
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    SIGNAL_TOPIC_ENDPOINT: url,
    REPORT_KEYS: `k1:${Buffer.alloc(32).toString('base64url')}`,
  });
});
beforeEach(async () => {
  turns = new Turns({ now: () => 0, sleep: async () => undefined });
  ports = createAzurePorts(config, turns, new FakeHints());
  await cloud.call('DELETE', '/_control/requests');
});
afterEach(() => cloud.call('DELETE', '/_control/faults'));
afterAll(async () => {
  vi.unstubAllEnvs();
  await cloud.end();
});

async function counted(service: string) {
  const { principals } = report.parse((await cloud.call('GET', '/_control/requests')).body);
  return NAMES.map((name) => principals[name]?.[service]);
}

const two = (): Config => ({ ...config, arm: { ...config.arm, identities: config.arm.identities.slice(0, 1) } });

test('reads go to all identities, and each requests one token', async () => {
  ports = createAzurePorts(two(), turns, new FakeHints());
  await Promise.all(Array.from({ length: 40 }, () => ports.controlPlane.getRegistry(cloud.registry)));
  const [first, second, third] = (await counted('arm')).map((one) => one?.total);
  expect([first, second, third]).toEqual([20, 20, undefined]);
  expect((await counted('entra')).map((one) => one?.total)).toEqual([1, 1, undefined]);
});

test('the identity that writes polls the operation, in a turn and outside of one', async () => {
  ports = createAzurePorts(two(), turns, new FakeHints());
  const inTurn = workInTurn(turns, two());
  const { controlPlane } = ports;
  const content = { actions: ['repositories/hello-world/content/read'], description: '' };
  for (let nth = 0; nth < 6; nth += 1) {
    await controlPlane.createScopeMap(cloud.registry, `lone${nth}`, content);
    const by = { operation: `run ${nth}`, actor: 'event' };
    const work = { key: `run ${nth}`, by, input: { registry: cloud.registry }, needs: { reads: 1, writes: 1 } };
    await inTurn(work, async () => done(await controlPlane.createScopeMap(cloud.registry, `turn${nth}`, content)));
  }
  const [first, second] = await counted('arm');
  for (const one of [first, second]) {
    expect(one?.kinds['write']).toBe(6);
    expect(one?.kinds['poll']).toBeGreaterThanOrEqual(one?.kinds['write'] ?? Infinity);
  }
});

test('health names the identity that has no role', async () => {
  const { state, rights } = await createHealth(ports, config)();
  expect(state).toBe('faulty');
  const missing = rights.filter((right) => right.state === 'missing' && right.right.includes('ContainerRegistry'));
  expect(new Set(missing.map(({ identity }) => identity))).toEqual(new Set([config.arm.identities[1]]));
  expect(missing).toHaveLength(4);
  const given = rights.filter((right) => right.state === 'given' && right.right.startsWith('an access token'));
  expect(given.map(({ identity }) => identity)).toEqual([config.identity.clientId, ...config.arm.identities]);
});

test('own writes are those of all identities', async () => {
  const names = await ports.self.names();
  const { identities } = config.arm;
  expect(names).toEqual(expect.arrayContaining([config.identity.clientId, ...identities]));
  // The application id and the object id of each.
  expect(new Set(names).size).toBe(6);
});
