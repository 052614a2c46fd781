import { randomUUID } from 'node:crypto';
import { RoleAssignments } from './access/roleAssignments.js';
import { COUNTER_ROLE, ONBOARDING_ROLE, type RoleAssignment } from './access/roles.js';
import type { Identity, IdentityName } from './access/identities.js';
import { childId, groupId, hubId, registryId, topicId, vaultId } from './arm/ids.js';
import { gatewayActions } from './arm/tokens/scopeMapActions.js';
import { systemScopeMaps } from './arm/tokens/systemScopeMaps.js';
import { emptyEventGridState, makeTopicKey, type EventGridState, type Topic } from './eventgrid/eventGridState.js';
import { emptyArmState, type ArmState } from './state/armState.js';
import { Collection } from './state/collection.js';
import type { ConnectedRegistry, Registry, SystemData, Token } from './state/registryState.js';

export const RESOURCE_GROUP = 'onboarding-local';
export const REGISTRY = 'myregistry';
export const CONNECTED_REGISTRY = 'myconnectedregistry';
export const REQUEST_TOPIC = 'requests';
export const SIGNAL_TOPIC = 'signals';
export const IOT_HUB = 'onboarding-local-hub';
const LOCATION = 'westeurope';
/** The tag of the app's secrets. The device may read only secrets with this tag. */
export const OUR_TAG = 'managedBy';

/** The initial state of an empty data folder: a registry with one connected registry, a vault, and no client. */
export function seedArmState(
  identities: readonly Identity[],
  topics: Iterable<Topic>,
  edgeHost: string,
  now: Date,
): ArmState {
  const operator = byName(identities, 'operator');
  const created = now.toISOString();
  const systemData: SystemData = {
    createdBy: operator.clientId,
    createdAt: created,
    lastModifiedBy: operator.clientId,
    lastModifiedAt: created,
  };
  const state = emptyArmState({
    tenantId: randomUUID(),
    subscriptionId: randomUUID(),
    vaultName: 'onboarding-local',
  });
  state.resourceGroups.set({ name: RESOURCE_GROUP, location: LOCATION, tags: {} });
  state.registries.set(seedRegistry(state, systemData, edgeHost, created));
  state.roleAssignments = new RoleAssignments(seedAssignments(state, identities, topics));
  return state;
}

export function seedEventGridState(): EventGridState {
  const topic = (name: string): Topic => ({
    name,
    resourceGroup: RESOURCE_GROUP,
    inputSchemas: ['CloudEventSchemaV1_0', 'EventGridSchema'],
    keys: [makeTopicKey(), makeTopicKey()],
  });
  const state = emptyEventGridState();
  for (const name of [REQUEST_TOPIC, SIGNAL_TOPIC]) state.topics.set(topic(name));
  return state;
}

/** `private-base` exists only in the cloud: the connected registry does not sync it. */
function seedRegistry(state: ArmState, systemData: SystemData, edgeHost: string, created: string): Registry {
  const named = { name: REGISTRY, resourceGroup: RESOURCE_GROUP };
  const syncMap = {
    name: CONNECTED_REGISTRY,
    type: 'UserDefined' as const,
    description: `Sync of ${CONNECTED_REGISTRY}`,
    actions: [
      'repositories/hello-world/content/read',
      'repositories/hello-world/metadata/read',
      ...gatewayActions(CONNECTED_REGISTRY),
    ],
    creationDate: created,
    systemData,
  };
  return {
    ...named,
    location: LOCATION,
    sku: 'Premium',
    dataEndpointEnabled: true,
    adminUserEnabled: false,
    tags: {},
    creationDate: created,
    systemData,
    repositories: new Collection([
      { name: 'hello-world', tags: ['latest'] },
      { name: 'private-base', tags: ['latest'] },
    ]),
    replications: new Collection(),
    scopeMaps: new Collection([...systemScopeMaps(created, systemData), syncMap]),
    tokens: new Collection<Token>([
      {
        name: CONNECTED_REGISTRY,
        scopeMapId: childId(state, named, 'scopeMaps', CONNECTED_REGISTRY),
        status: 'enabled',
        passwords: [],
        creationDate: created,
        systemData,
      },
    ]),
    connectedRegistries: new Collection<ConnectedRegistry>([
      {
        name: CONNECTED_REGISTRY,
        mode: 'ReadOnly',
        syncTokenId: childId(state, named, 'tokens', CONNECTED_REGISTRY),
        schedule: '* * * * *',
        messageTtl: 'P2D',
        clientTokenIds: [],
        notificationsList: [],
        logging: { logLevel: 'Information', auditLogStatus: 'Disabled' },
        garbageCollection: { enabled: true, schedule: '0 0 * * *' },
        loginServerHost: edgeHost,
        activation: 'Active',
        statusDetails: [],
        systemData,
      },
    ]),
  };
}

/** Least privilege for the app and the device; the operator owns the group. */
function seedAssignments(state: ArmState, identities: readonly Identity[], topics: Iterable<Topic>): RoleAssignment[] {
  const group = groupId(state, RESOURCE_GROUP);
  const registry = registryId(state, { name: REGISTRY, resourceGroup: RESOURCE_GROUP });
  const vault = vaultId(state);
  const assign = (
    who: IdentityName,
    role: string,
    scope: string,
    more: Partial<RoleAssignment> = {},
  ): RoleAssignment => ({
    name: randomUUID(),
    principalId: byName(identities, who).objectId,
    role,
    scope,
    ...more,
  });
  const hub = hubId(state, IOT_HUB);
  const signals = [...topics].filter((topic) => topic.name === SIGNAL_TOPIC);
  return [
    assign('operator', COUNTER_ROLE, `/subscriptions/${state.subscriptionId}`),
    assign('operator', 'Owner', group),
    assign('operator', 'Key Vault Administrator', vault),
    assign('operator', 'EventGrid Data Sender', group),
    assign('operator', 'IoT Hub Data Contributor', hub),
    assign('app', ONBOARDING_ROLE, registry),
    assign('app', COUNTER_ROLE, `/subscriptions/${state.subscriptionId}`),
    assign('app', 'Key Vault Secrets Officer', vault),
    ...signals.map((topic) => assign('app', 'EventGrid Data Sender', topicId(state, topic))),
    assign('app', 'IoT Hub Data Contributor', hub),
    // One agent serves all clients here. In Azure, and for identities that are added later, there is one assignment per
    // secret.
    assign('device', 'Key Vault Secrets User', vault, { onlySecretsTagged: OUR_TAG }),
  ];
}

function byName(identities: readonly Identity[], name: IdentityName): Identity {
  const identity = identities.find((one) => one.name === name);
  if (!identity) throw new Error(`the data folder has no identity ${name}; start with --reset`);
  return identity;
}
