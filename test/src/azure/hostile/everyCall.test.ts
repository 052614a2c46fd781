import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCallers } from '../../../../src/azure/identity/callers.js';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { ReadAccess } from '../../../../src/ports/readAccess.js';
import type { Ports } from '../../../../src/ports/ports.js';
import type { RegistryControlPlane } from '../../../../src/ports/registryControlPlane.js';
import type { SecretVault } from '../../../../src/ports/secretVault.js';
import { ofRing } from '../../../e2e/harness/ring.js';
import { inTurn } from '../../../inTurn.js';
import { signingDevice, type SigningDevice } from '../../../shared/signingDevice.js';
import { ECHOES } from './echoes.js';
import { leaks, REPORT_KEY, startHostileAzure, STORED, tracesOf, type HostileAzure } from './hostileAzure.js';

const [MAP, OTHER_MAP, TOKEN, CONNECTED, SECRET] = [
  'map-one',
  'map-two',
  'token-one',
  'myconnectedregistry',
  'a-secret',
];
const EXPIRES = '2030-01-01T00:00:00.000Z';
/** So many requests one call makes at most; those after it are never reached. */
const MAX_REQUESTS = 8;
/** In the default ring a call meets one of so many kinds of answers, and the next call the next ones. */
const ONE_OF = 3;

let azure: HostileAzure;
let ports: Ports;
let registry: string;
let device: SigningDevice;
beforeAll(async () => {
  device = await signingDevice('ES256');
  azure = await startHostileAzure();
  ports = azure.ports();
  ({ registry } = azure.cloud);
  await make();
});
afterAll(() => azure.close());

const content = { actions: ['repositories/hello-world/content/read'], description: '' };
const value = dockerConfig('localhost:8000', TOKEN, STORED);
const attributes = { expiresOn: EXPIRES, tags: { client: 'sensor-7' } };
const save = () => ports.vaults.of(undefined).store(SECRET, value, attributes);

/** Creates the resources that the calls need. */
async function make(): Promise<void> {
  await ports.controlPlane.createScopeMap(registry, MAP, content);
  await ports.controlPlane.createScopeMap(registry, OTHER_MAP, content);
  await ports.controlPlane.createToken(registry, TOKEN, MAP);
  await save();
}

interface Call {
  readonly run: () => Promise<unknown>;
  /** Creates again what an earlier call deleted. */
  readonly before?: () => Promise<unknown>;
}
type CallsOf<Port> = Readonly<Record<keyof Port, Call>>;

const arm = (): RegistryControlPlane => ports.controlPlane;
const CONTROL_PLANE: CallsOf<RegistryControlPlane> = {
  getRegistry: { run: () => arm().getRegistry(registry) },
  listConnectedRegistries: { run: () => arm().listConnectedRegistries(registry) },
  getConnectedRegistry: { run: () => arm().getConnectedRegistry(registry, CONNECTED) },
  setClientTokens: { run: () => arm().setClientTokens(registry, CONNECTED, []) },
  getScopeMap: { run: () => arm().getScopeMap(registry, MAP) },
  createScopeMap: { run: () => arm().createScopeMap(registry, MAP, content) },
  setScopeMapActions: { run: () => arm().setScopeMapActions(registry, MAP, content.actions) },
  deleteScopeMap: {
    before: () => arm().createScopeMap(registry, OTHER_MAP, content),
    run: () => arm().deleteScopeMap(registry, OTHER_MAP),
  },
  getToken: { run: () => arm().getToken(registry, TOKEN) },
  listTokens: { run: () => arm().listTokens(registry) },
  listScopeMaps: { run: () => arm().listScopeMaps(registry) },
  listTokensOf: { run: () => arm().listTokensOf(registry, MAP) },
  createToken: { run: () => arm().createToken(registry, TOKEN, MAP) },
  setTokenScopeMap: { run: () => arm().setTokenScopeMap(registry, TOKEN, MAP) },
  disableToken: { run: () => arm().disableToken(registry, TOKEN) },
  enableToken: { run: () => arm().enableToken(registry, TOKEN, []) },
  keepOnlySlots: { run: () => arm().keepOnlySlots(registry, TOKEN, []) },
  deleteToken: {
    before: () => arm().createToken(registry, 'token-two', MAP),
    run: () => arm().deleteToken(registry, 'token-two'),
  },
  generatePassword: {
    // The value is the call's result, so the search must leave it out.
    run: async () => {
      const { value: _value, ...made } = await arm().generatePassword(registry, TOKEN, 'password1', new Date(EXPIRES));
      return made;
    },
  },
};

const vault = (): SecretVault => ports.vaults.of(undefined);
const version = async () => ({ name: SECRET, version: (await vault().current(SECRET))?.version ?? 'none' });
let kept = { name: SECRET, version: 'none' };
const known = async () => (kept = await version());
const VAULT: CallsOf<SecretVault> = {
  current: { run: () => vault().current(SECRET) },
  newest: { run: () => vault().newest(SECRET) },
  page: { run: () => vault().page() },
  versions: { run: () => vault().versions(SECRET) },
  tagsOfDeleted: { run: () => vault().tagsOfDeleted(SECRET) },
  store: { run: save },
  copy: { before: known, run: () => vault().copy(kept, 'a-copy', attributes) },
  updateTags: { before: known, run: () => vault().updateTags(kept, { client: 'other' }) },
  disable: { before: known, run: () => vault().disable({ ...kept, version: kept.version }) },
  remove: { before: save, run: () => vault().remove(SECRET) },
};

const vaultId = () => azure.vaultId;
const reader = {
  name: '11111111-1111-1111-1111-111111111111',
  secret: SECRET,
  principalId: '22222222-2222-2222-2222-222222222222',
  principalType: 'ServicePrincipal',
} as const;
const ACCESS: CallsOf<ReadAccess> = {
  listAssignments: { run: () => ports.access.listAssignments(vaultId()) },
  createAssignment: { run: () => ports.access.createAssignment(vaultId(), reader) },
  deleteAssignment: { run: () => ports.access.deleteAssignment(vaultId(), reader) },
  findAssignment: { run: () => ports.access.findAssignment(vaultId(), reader) },
  mayAssign: { run: () => ports.access.mayAssign(vaultId()) },
  countAssignments: { run: () => ports.access.countAssignments(vaultId()) },
};
const DEVICE = { registry: 'myregistry', connectedRegistry: CONNECTED, client: 'sensor-7' };
const DEVICE_SECRET = mainSecretName(DEVICE);
const deviceTags = formatTags({
  ...DEVICE,
  token: TOKEN,
  scopeMap: MAP,
  slot: 'password1',
  expiresOn: EXPIRES,
  issued: { run: 'run0000000000001', attempt: 1, slotCreatedAt: EXPIRES },
  made: { scopeMap: true, token: true },
});

const message: PullCheckRequested = {
  operation: 'a-client.run',
  run: 'run',
  attempt: 1,
  client: 'sensor-7',
  connectedRegistry: CONNECTED,
  secret: { name: SECRET, version: 'v1' },
  image: 'hello-world:latest',
  keyId: 'k1',
  reportKey: REPORT_KEY,
  expiresAt: EXPIRES,
};
const { attempt: _attempt, image: _image, ...promotion } = message;
const hub = { kind: 'iotHub', hub: 'plant-hub' } as const;
const failed = {
  operation: 'a-client.run',
  connectedRegistry: CONNECTED,
  client: 'sensor-7',
  code: 'step-deadline',
} as unknown as Parameters<Ports['alerts']['rotationFailed']>[1];
const stopped = { sweep: 's', reason: 'r', started: 1, failed: 1, left: 0, restsUntil: EXPIRES };
const ofRollout = {
  rollout: 'r',
  kind: 'rotate',
  rows: 1,
  completed: 0,
  failed: 1,
  failures: { internal: 1 },
} as const;
const channelOf = () => ({ sealingKey: device.keys.sealingKey, channelKey: 'c'.repeat(43), nonce: 'n'.repeat(22) });
const OTHERS: Readonly<Record<string, Call>> = {
  'a secret that is sealed to a device': {
    before: () => vault().store(DEVICE_SECRET, value, { expiresOn: EXPIRES, tags: deviceTags }),
    run: () => ports.sealed.seal({ vaultHost: ports.vaults.hosts[0], name: DEVICE_SECRET }, DEVICE, channelOf()),
  },
  'a pull check on the topic': { run: () => ports.devices.requestPullCheck('id', message, { kind: 'eventGrid' }) },
  'a promotion on the topic': {
    run: () => ports.devices.announcePromotion('id', promotion satisfies CredentialPromoted, { kind: 'eventGrid' }),
  },
  'a pull check by a hub': { run: () => ports.devices.requestPullCheck('id', message, hub) },
  'a promotion by a hub': { run: () => ports.devices.announcePromotion('id', promotion, hub) },
  'a hub’s registry': { run: () => ports.hubs.hasDevice('plant-hub', 'sensor-7') },
  'an alert about a rotation': { run: () => ports.alerts.rotationFailed('id', failed) },
  'an alert about the sweep': { run: () => ports.alerts.rotationsStopped('id', stopped) },
  'an alert about a paused rollout': {
    run: () => ports.alerts.rolloutPaused('id', { ...ofRollout, pausedAt: EXPIRES }),
  },
  'an alert about a rollout’s end': {
    run: () => ports.alerts.rolloutCompleted('id', { ...ofRollout, endedAt: EXPIRES, cancelled: 0 }),
  },
  'an alert about a refused enrolment': {
    run: () =>
      ports.alerts.enrolmentRefused('id', {
        registry: 'myregistry',
        connectedRegistry: CONNECTED,
        client: 'sensor-7',
        reason: 'used',
        thumbprint: 'x'.repeat(43),
        address: '192.0.2.7',
        refusedAt: EXPIRES,
      }),
  },
};

/** Makes each request of a call fail, in a run for each. @returns the traces that contain a secret */
async function struckBy(kind: (typeof ECHOES)[number], { before, run }: Call): Promise<string[]> {
  const { line } = azure;
  const found: string[] = [];
  for (let nth = 1; nth <= MAX_REQUESTS; nth += 1) {
    await before?.();
    line.strike(kind, nth);
    const traces = await tracesOf(run);
    const struck = line.calm();
    azure.passADay();
    expect(struck || nth > 1).toBe(true);
    if (!struck) break;
    expect(traces.length).toBeGreaterThan(0);
    found.push(...leaks(traces, line.secrets).map((leak) => `${kind}, request ${nth}: ${leak}`));
  }
  return found;
}

describe('no secret that a service repeats is found in errors, outcomes, logs and audit lines of', () => {
  const calls = Object.entries({ ...CONTROL_PLANE, ...VAULT, ...ACCESS, ...OTHERS }).map(
    ([name, call], place) => [name, call, ofRing(inTurn(ECHOES, place, ONE_OF))] as const,
  );
  test.each(calls)('%s', { timeout: 120_000 }, async (_, call, kinds) => {
    for (const kind of kinds) expect(await struckBy(kind, call)).toEqual([]);
  });
});

describe('no secret that Entra repeats is found', () => {
  const calls: readonly (readonly [string, (fresh: Ports) => Promise<unknown>])[] = [
    ['ARM', (fresh) => fresh.controlPlane.getRegistry(registry)],
    ['the vault', (fresh) => fresh.vaults.of(undefined).current(SECRET)],
    ['the topic', (fresh) => fresh.devices.requestPullCheck('id', message, { kind: 'eventGrid' })],
    ['a hub', (fresh) => fresh.hubs.hasDevice('plant-hub', 'sensor-7')],
    ['the app itself', (fresh) => fresh.self.names()],
  ];
  const inTurns = calls.map(([name, run], place) => [name, run, ofRing(inTurn(ECHOES, place, ONE_OF))] as const);
  test.each(inTurns)('when a token for %s is asked for', { timeout: 120_000 }, async (_, run, kinds) => {
    const { line } = azure;
    for (const kind of kinds)
      for (const nth of [1, 2]) {
        const fresh = azure.ports('echoing');
        line.strike(kind, nth, 'entra');
        const traces = await tracesOf(() => run(fresh));
        expect(line.calm()).toBe(true);
        expect(leaks(traces, line.secrets)).toEqual([]);
      }
  });

  test('when a caller’s token is looked at', { timeout: 120_000 }, async () => {
    const { line, config } = azure;
    const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
    const token = `${part({ alg: 'RS256', kid: 'k' })}.${part({ ver: '2.0', oid: 'o', exp: 4e9 })}.c2ln`;
    for (const kind of ECHOES)
      for (const nth of [1, 2]) {
        const callers = createCallers({ ...config, identity: { ...config.identity, authorityHost: line.url } });
        line.strike(kind, nth, 'entra');
        const traces = await tracesOf(() => callers.identify(token));
        const struck = line.calm();
        expect(struck || nth > 1).toBe(true);
        expect(leaks(traces, line.secrets)).toEqual([]);
      }
  });
});

test('the search finds a secret', async () => {
  const traces = await tracesOf(() => Promise.resolve({ said: `password=${encodeURIComponent(STORED)}` }));
  expect(leaks(traces, azure.line.secrets)).toHaveLength(1);
});
