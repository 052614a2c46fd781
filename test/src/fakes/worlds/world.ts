import { createActivities } from '../../../../src/activities/activities.js';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { toActions } from '@connected-registry/protocol/names/permissions';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { createQueries } from '../../../../src/queries/queries.js';
import { FakeAccess } from '../services/access.js';
import { FakeAlerts } from '../services/alerts.js';
import { FakeChannel } from '../services/channel.js';
import { FakeIdentity } from '../services/identity.js';
import { FakeHubs } from '../services/hubs.js';
import { FakeControlPlane } from '../services/controlPlane.js';
import { config, CONNECTED_REGISTRY, EDGE_HOST, onboarding, REGISTRY } from '../answers/requests.js';
import { FakeSealedSecrets } from '../services/sealedSecrets.js';
import { FakeVaults } from '../services/vaults.js';
import { vaultHosts } from '../../../../src/settings/vaults.js';
import { Wire } from '../durable/wire.js';

const SYNC_ACTIONS = [
  'repositories/hello-world/content/read',
  'repositories/hello-world/metadata/read',
  'repositories/samples/*/content/read',
  `gateway/${CONNECTED_REGISTRY}/config/read`,
];

/** Everything outside the app, as the quickstart finds it, and the app's own parts over it. */
export function createWorld(settings: Readonly<Record<string, string>> = {}) {
  const controlPlane = new FakeControlPlane();
  const parsed = config(settings);
  const hosts = vaultHosts(parsed);
  const vaults = new FakeVaults();
  const vault = vaults.at(hosts[0]);
  const sealed = new FakeSealedSecrets(vaults);
  const channel = new FakeChannel();
  const hubs = new FakeHubs();
  const alerts = new FakeAlerts();
  const self = new FakeIdentity();
  const access = new FakeAccess();
  const wire = new Wire();
  controlPlane.registry = {
    name: REGISTRY,
    tier: 'Premium',
    dataEndpointEnabled: true,
    loginServer: `${REGISTRY}.azurecr.io`,
  };
  controlPlane.connectedRegistries.set(CONNECTED_REGISTRY, {
    name: CONNECTED_REGISTRY,
    mode: 'ReadOnly',
    isActive: true,
    loginServer: EDGE_HOST,
    syncToken: CONNECTED_REGISTRY,
    schedule: '* * * * *',
    clientTokens: [],
  });
  controlPlane.scopeMaps.set(CONNECTED_REGISTRY, { name: CONNECTED_REGISTRY, actions: SYNC_ACTIONS, description: '' });
  const long = '2025-01-01T00:00:00.000Z';
  controlPlane.tokens.set(CONNECTED_REGISTRY, {
    scopeMap: CONNECTED_REGISTRY,
    isEnabled: true,
    createdAt: long,
    slots: {},
  });
  const ports = {
    controlPlane: wire.connect(controlPlane),
    vaults: vaults.port(hosts, wire),
    sealed: wire.connect(sealed),
    devices: wire.connect(channel),
    hubs: wire.connect(hubs),
    alerts: wire.connect(alerts),
    self: wire.connect(self),
    access: wire.connect(access),
  };
  const queries = createQueries(ports, parsed);
  const activities = createActivities(ports, queries, parsed);

  /** A token that was there before us, with the rights of the default request. */
  const addToken = (slots: Partial<Record<SlotName, { createdAt: string; expiresAt?: string }>> = {}) => {
    const { token, scopeMap, permissions } = onboarding();
    const map = { name: scopeMap, actions: toActions(permissions), description: SCOPE_MAP_MARK, createdAt: long };
    controlPlane.scopeMaps.set(scopeMap, map);
    const filled = Object.fromEntries(
      Object.entries(slots).map(([slot, facts]) => [slot, { value: `foreign-${slot}`, ...facts }]),
    );
    controlPlane.tokens.set(token, { scopeMap, isEnabled: true, createdAt: long, slots: filled });
    return controlPlane.token(token);
  };

  return {
    controlPlane,
    vault,
    vaults,
    channel,
    hubs,
    alerts,
    self,
    access,
    wire,
    ports,
    config: parsed,
    queries,
    activities,
    addToken,
  };
}
export type World = ReturnType<typeof createWorld>;

/** The same services after a restart of the app with other settings. */
export function restarted(world: World, settings: Readonly<Record<string, string>>): World {
  const parsed = config(settings);
  const ports = { ...world.ports, vaults: world.vaults.port(vaultHosts(parsed), world.wire) };
  const queries = createQueries(ports, parsed);
  return { ...world, ports, config: parsed, queries, activities: createActivities(ports, queries, parsed) };
}
