import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseAssignmentCondition } from '@connected-registry/azure-simulator/access/assignmentCondition';
import { COUNTER_ROLE, ROLES } from '@connected-registry/azure-simulator/access/roles';
import { ASSIGNMENT_CONDITION, CONDITION_VERSION } from '../../src/domain/access/secretsUser.js';
import { neededActions } from '../../src/azure/arm/armActions.js';
import { evaluatedOf, INFRA, ofType, scenarios, SUBSCRIPTION, type Resource } from './bicepCli.js';

const OTHER_SUBSCRIPTION = '00000000-0000-0000-0000-000000000009';

const roleIds = z
  .record(z.string(), z.uuid())
  .parse(JSON.parse(readFileSync(join(INFRA, 'modules', 'roles.json'), 'utf8')));

const assignment = z.object({ principalId: z.string(), principalType: z.string(), roleDefinitionId: z.string() });

interface Assigned {
  /** What the role is on, for instance `storageAccounts/st…`, below its resource group. */
  on: string;
  role: string;
  to: string;
}

/** `st` and its suffix by chance become `st*`: names differ from environment to environment. */
function withoutChance(text: string): string {
  return text.replaceAll(/[a-z0-9]{13}(?=$|\/)/g, '*');
}

function assignedIn(scenario: string): Assigned[] {
  return ofType(scenario, 'Microsoft.Authorization/roleAssignments').map(({ id, properties }) => {
    const { principalId, principalType, roleDefinitionId } = assignment.parse(properties);
    expect(principalType).toBe('ServicePrincipal');
    const [scope = ''] = id.split('/providers/Microsoft.Authorization/');
    const guid = roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1);
    const builtIn = Object.entries(roleIds).find(([, id]) => id === guid)?.[0];
    return {
      on: withoutChance(scope.replace(/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\//, '')),
      role: builtIn ?? definitionOf(scenario, roleDefinitionId),
      to: /'(appIdentity|eventsIdentity|furtherIdentities-\{0\}-\{1\}', \d)/.exec(principalId)?.[1] ?? principalId,
    };
  });
}

const definition = z.object({
  roleName: z.string(),
  permissions: z.tuple([
    z.object({
      actions: z.array(z.string()),
      notActions: z.tuple([]),
      dataActions: z.tuple([]),
      notDataActions: z.tuple([]),
    }),
  ]),
  assignableScopes: z.array(z.string()),
});

function definitionOf(scenario: string, id: string): string {
  const found = ofType(scenario, 'Microsoft.Authorization/roleDefinitions').find((one) => one.id === id);
  return found ? definition.parse(found.properties).roleName.replace(/ \(.*/, '') : id;
}

const ALWAYS: Assigned[] = [
  { on: 'Microsoft.Insights/components/appi-*', role: 'monitoringMetricsPublisher', to: 'appIdentity' },
  { on: 'Microsoft.Storage/storageAccounts/st*', role: 'storageBlobDataOwner', to: 'appIdentity' },
  {
    on: 'Microsoft.Storage/storageAccounts/st*/blobServices/default/containers/dead-letters',
    role: 'storageBlobDataContributor',
    to: 'eventsIdentity',
  },
  { on: 'Microsoft.EventGrid/topics/evgt-signals-*', role: 'eventGridDataSender', to: 'appIdentity' },
];
const IN_STORAGE: Assigned[] = [
  { on: 'Microsoft.Storage/storageAccounts/st*', role: 'storageQueueDataContributor', to: 'appIdentity' },
  { on: 'Microsoft.Storage/storageAccounts/st*', role: 'storageTableDataContributor', to: 'appIdentity' },
];
const ONBOARDING = 'Connected Registry Client Onboarding';
const OWN_VAULT: Assigned[] = [
  { on: 'Microsoft.KeyVault/vaults/kv-*', role: 'keyVaultSecretsOfficer', to: 'appIdentity' },
];
const OWN_REGISTRY: Assigned = {
  on: 'Microsoft.ContainerRegistry/registries/cr*',
  role: ONBOARDING,
  to: 'appIdentity',
};
const OWN: Assigned[] = [...OWN_VAULT, OWN_REGISTRY];
/** Made by somebody who may write role definitions, and given as a parameter. */
const ROLE_OF_OTHERS = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/00000000-0000-0000-0000-00000000000a`;

/** A further identity of the app, as the module that makes it is named. */
const furtherIdentity = (n: number): string => `furtherIdentities-{0}-{1}', ${n}`;

/** Every role assignment there may be. */
const EXPECTED: Readonly<Record<string, readonly Assigned[]>> = {
  new: [...ALWAYS, ...IN_STORAGE, ...OWN],
  private: [...ALWAYS, ...IN_STORAGE, ...OWN],
  again: [...ALWAYS, ...IN_STORAGE, ...OWN_VAULT, { ...OWN_REGISTRY, role: ROLE_OF_OTHERS }],
  sovereign: [...ALWAYS, ...IN_STORAGE, ...OWN],
  scheduler: [
    ...ALWAYS,
    ...OWN,
    {
      on: 'Microsoft.DurableTask/schedulers/dts-*/taskHubs/onboarding',
      role: 'durableTaskDataContributor',
      to: 'appIdentity',
    },
  ],
  existing: [
    ...ALWAYS,
    ...IN_STORAGE,
    ...['their-vault', 'second-vault', 'third-vault'].flatMap((vault) =>
      ['keyVaultSecretsOfficer', 'roleBasedAccessControlAdministrator'].map((role) => ({
        on: `Microsoft.KeyVault/vaults/${vault}`,
        role,
        to: 'appIdentity',
      })),
    ),
    ...[SUBSCRIPTION, OTHER_SUBSCRIPTION].map((id) => ({
      on: withoutChance(`/subscriptions/${id}`),
      role: COUNTER_ROLE,
      to: 'appIdentity',
    })),
    ...['imagesone', 'imagestwo'].flatMap((registry) =>
      ['appIdentity', furtherIdentity(0), furtherIdentity(1)].map((to) => ({
        on: `Microsoft.ContainerRegistry/registries/${registry}`,
        role: ONBOARDING,
        to,
      })),
    ),
    { on: 'Microsoft.Devices/IotHubs/their-hub', role: 'iotHubDataContributor', to: 'appIdentity' },
  ],
  events: [],
  device: ['', '-candidate'].map((suffix) => ({
    on: `Microsoft.KeyVault/vaults/their-vault/secrets/myregistry-myconnectedregistry-device-1-0123456789ab${suffix}`,
    role: 'keyVaultSecretsUser',
    to: '00000000-0000-0000-0000-000000000007',
  })),
};

const inOrder = (list: readonly Assigned[]) =>
  list.toSorted((a, b) => `${a.on} ${a.role} ${a.to}`.localeCompare(`${b.on} ${b.role} ${b.to}`));

describe('role assignments', () => {
  test.each(scenarios())('of %s are exactly the required roles, each at its scope', (scenario) => {
    expect(inOrder(assignedIn(scenario))).toEqual(inOrder(EXPECTED[scenario] ?? []));
  });

  test.each(scenarios())('in %s include a custom role with exactly the actions that the code needs', (scenario) => {
    for (const { properties } of ofType(scenario, 'Microsoft.Authorization/roleDefinitions')) {
      const { roleName, permissions, assignableScopes } = definition.parse(properties);
      if (roleName.startsWith(COUNTER_ROLE)) continue;
      expect(permissions[0].actions).toEqual(neededActions());
      expect(assignableScopes).toHaveLength(1);
      expect(assignableScopes[0]).toMatch(/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+$/);
    }
  });

  test('let the app manage role assignments on its vaults only where that was asked for, and only under the condition', () => {
    const managing = (scenario: string) =>
      ofType(scenario, 'Microsoft.Authorization/roleAssignments').filter(({ properties }) =>
        String(properties?.['roleDefinitionId']).endsWith(roleIds['roleBasedAccessControlAdministrator'] ?? '-'),
      );
    expect(scenarios().filter((scenario) => managing(scenario).length > 0)).toEqual(['existing']);
    // One on each of its vaults.
    expect(managing('existing').map(({ properties }) => properties)).toMatchObject(
      Array.from({ length: 3 }, () => ({ condition: ASSIGNMENT_CONDITION, conditionVersion: CONDITION_VERSION })),
    );
    expect(parseAssignmentCondition(ASSIGNMENT_CONDITION)).toEqual({
      write: { roles: [roleIds['keyVaultSecretsUser']], principalTypes: ['serviceprincipal', 'device'] },
      delete: { roles: [roleIds['keyVaultSecretsUser']], principalTypes: ['serviceprincipal', 'device'] },
    });
  });

  test('let the app count the role assignments of a subscription, and nothing else there', () => {
    const found = ofType('existing', 'Microsoft.Authorization/roleDefinitions').map(({ properties }) =>
      definition.parse(properties),
    );
    const counters = found.filter(({ roleName }) => roleName.startsWith(COUNTER_ROLE));
    expect(new Set(counters.map(({ roleName }) => roleName)).size).toBe(2);
    expect(
      counters.toSorted((a, b) => a.assignableScopes.join().localeCompare(b.assignableScopes.join())),
    ).toMatchObject(
      [SUBSCRIPTION, OTHER_SUBSCRIPTION].map((id) => ({
        permissions: [{ actions: ['Microsoft.Authorization/roleAssignmentsUsageMetrics/read'] }],
        assignableScopes: [`/subscriptions/${id}`],
      })),
    );
  });

  test('use the ids of built-in roles that the local control plane has', () => {
    const known = Object.values(ROLES).map(({ id }) => id);
    for (const role of [
      'keyVaultSecretsOfficer',
      'keyVaultSecretsUser',
      'roleBasedAccessControlAdministrator',
      'eventGridDataSender',
      'iotHubDataContributor',
    ])
      expect(known).toContain(roleIds[role]);
  });
});

describe("the user's existing resources", () => {
  const BROUGHT = /their-|second-vault|third-vault|imagesone|imagestwo/;
  const ALLOWED =
    /^Microsoft\.(Authorization\/role(Assignments|Definitions)|EventGrid\/systemTopics(\/eventSubscriptions)?)$/;

  test('get role assignments, a role and event subscriptions, and no other change', () => {
    const outside = ['existing', 'events', 'device']
      .flatMap((scenario) => evaluatedOf(scenario).predictedResources)
      .filter(({ id, name }) => BROUGHT.test(id) || BROUGHT.test(name) || id.includes(OTHER_SUBSCRIPTION));
    expect(outside.length).toBeGreaterThan(0);
    for (const { type } of outside) expect(type).toMatch(ALLOWED);
  });

  test('may be in another resource group and another subscription', () => {
    const ids = ofType('existing', 'Microsoft.Authorization/roleAssignments').map(({ id }: Resource) => id);
    const on = (scope: string) => ids.some((id) => id.startsWith(`${scope}/providers/Microsoft.Authorization/`));
    const registry = 'providers/Microsoft.ContainerRegistry/registries';
    expect(on(`/subscriptions/${SUBSCRIPTION}/resourceGroups/images/${registry}/imagesone`)).toBe(true);
    expect(on(`/subscriptions/${OTHER_SUBSCRIPTION}/resourceGroups/images/${registry}/imagestwo`)).toBe(true);
  });
});
