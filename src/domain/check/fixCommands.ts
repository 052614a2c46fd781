import { templateGuid } from '../access/assignmentName.js';
import { ASSIGNMENT_CONDITION, CONDITION_VERSION, RBAC_ADMINISTRATOR } from '../access/secretsUser.js';
import {
  azCommand,
  clearPasswordCommand,
  quotedWord,
  type AzOptions,
} from '@connected-registry/protocol/registry/azCommands';

interface OfRegistry {
  readonly registry: string;
}
interface OfConnectedRegistry extends OfRegistry {
  readonly connectedRegistry: string;
}
interface OfToken extends OfRegistry {
  readonly token: string;
}

/**
 * All Azure CLI commands that the app prints as fixes. A test runs each as printed with the real CLI
 * (test/workspaces/fixes.az.test.ts). A fix with additional text ends with its command.
 */
export const FIX_COMMANDS = {
  upgradeRegistry: ({ registry }: OfRegistry) => acr('update', { name: lower(registry), sku: 'Premium' }),
  enableDataEndpoint: ({ registry }: OfRegistry) =>
    acr('update', { name: lower(registry), 'data-endpoint-enabled': 'true' }),
  listConnectedRegistries: ({ registry }: OfRegistry) => acr('connected-registry list', { registry: lower(registry) }),
  connectedRegistrySettings: ({ registry, connectedRegistry }: OfConnectedRegistry) =>
    acr('connected-registry get-settings', {
      registry: lower(registry),
      name: connectedRegistry,
      'parent-protocol': 'https',
      'generate-password': '1',
      yes: [],
    }),
  showConnectedRegistry: ({ registry, connectedRegistry }: OfConnectedRegistry) =>
    acr('connected-registry show', { registry: lower(registry), name: connectedRegistry }),
  showDataEndpoint: ({ registry }: OfRegistry) => acr('show', { name: lower(registry), query: 'dataEndpointEnabled' }),
  showTokenStatus: ({ registry, token }: OfToken) =>
    acr('token show', { registry: lower(registry), name: token, query: 'status' }),
  /** A nightly sync, as an example: any schedule of five fields will do. */
  setSyncSchedule: ({ registry, connectedRegistry }: OfConnectedRegistry) =>
    acr('connected-registry update', {
      registry: lower(registry),
      name: connectedRegistry,
      'sync-schedule': '0 3 * * *',
      'sync-window': 'PT4H',
    }),
  /** Grants the repository on the connected registry and on all its ancestors. */
  addToSyncScope: ({
    registry,
    connectedRegistry,
    repository,
  }: OfConnectedRegistry & { readonly repository: string }) =>
    acr('connected-registry permissions update', {
      registry: lower(registry),
      name: connectedRegistry,
      add: repository,
    }),
  /** Sets the TTL to `seconds`, rounded up to days, plus one day. ARM accepts 1 to 90 days. */
  keepMessages: ({ registry, connectedRegistry, seconds }: OfConnectedRegistry & { readonly seconds: number }) =>
    acr('connected-registry update', {
      registry: lower(registry),
      name: connectedRegistry,
      'sync-message-ttl': `P${Math.min(90, Math.ceil(seconds / 86_400) + 1)}D`,
    }),
  removeClientToken: ({ registry, connectedRegistry, token }: OfConnectedRegistry & OfToken) =>
    acr('connected-registry update', {
      registry: lower(registry),
      name: connectedRegistry,
      'remove-client-tokens': token,
    }),
  enableToken: ({ registry, token }: OfToken) =>
    acr('token update', { registry: lower(registry), name: token, status: 'enabled' }),
  clearPassword: clearPasswordCommand,
  moveToken: ({ registry, token, scopeMap }: OfToken & { readonly scopeMap: string }) =>
    acr('token update', { registry: lower(registry), name: token, 'scope-map': scopeMap }),
  /** Gives the scope map exactly the wanted rights. `has`, `wanted`: action strings. */
  changeScopeMap: ({ registry, scopeMap, has, wanted }: ScopeMapChange) =>
    [
      acr('scope-map update', { registry: lower(registry), name: scopeMap }),
      ...repositoryOptions('--add-repository', without(wanted, has)),
      ...repositoryOptions('--remove-repository', without(has, wanted)),
    ].join(' '),
  vaultId: ({ vault }: { readonly vault: string }) =>
    azCommand('resource list', { 'resource-type': 'Microsoft.KeyVault/vaults', name: vault, query: '[0].id' }),
  /**
   * Gives the app the role under its condition. `vault`: a resource id. By `az rest`: `az role assignment` does not
   * work in every distribution's build of the CLI.
   */
  letAppAssign: ({ vault, principalId }: OfVault) =>
    azCommand('rest', {
      method: 'put',
      url: assignmentUrl(`${vault}/providers/${ASSIGNMENTS}/${templateGuid(vault, principalId, RBAC_ADMINISTRATOR)}`),
      body: JSON.stringify({
        properties: {
          principalId,
          principalType: 'ServicePrincipal',
          roleDefinitionId: `${subscriptionIn(vault)}/providers/Microsoft.Authorization/roleDefinitions/${RBAC_ADMINISTRATOR}`,
          conditionVersion: CONDITION_VERSION,
          condition: ASSIGNMENT_CONDITION,
        },
      }),
    }),
  /** @param id resource id of the role assignment */
  deleteAssignment: ({ id }: { readonly id: string }) =>
    azCommand('rest', { method: 'delete', url: assignmentUrl(id) }),
} as const;

const ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments';

/** Source: Azure docs, rest/api/authorization/role-assignments. The CLI puts Resource Manager's address before it. */
function assignmentUrl(id: string): string {
  return `${id}?api-version=2022-04-01`;
}

/** The subscription's id in that of a resource. */
function subscriptionIn(resource: string): string {
  return resource.split('/').slice(0, 3).join('/');
}

interface OfVault {
  /** The vault's resource id. */
  readonly vault: string;
  readonly principalId: string;
}

interface ScopeMapChange extends OfRegistry {
  readonly scopeMap: string;
  readonly has: readonly string[];
  readonly wanted: readonly string[];
}

function acr(command: string, options: AzOptions): string {
  return azCommand(`acr ${command}`, options);
}

/** The Azure CLI wants registry names in lower case (its help of --registry). */
function lower(registry: string): string {
  return registry.toLowerCase();
}

function without(actions: readonly string[], others: readonly string[]): string[] {
  return actions.filter((action) => !others.includes(action)).toSorted();
}

/** One option for each repository, with its actions. */
function repositoryOptions(option: string, actions: readonly string[]): string[] {
  const byRepository = new Map<string, string[]>();
  for (const action of actions) {
    const match = /^repositories\/(?<repository>.+)\/(?<right>(?:content|metadata)\/[a-z]+)$/.exec(action)?.groups;
    const { repository, right } = match ?? {};
    if (repository !== undefined && right !== undefined)
      byRepository.set(repository, [...(byRepository.get(repository) ?? []), right]);
  }
  return [...byRepository].map(([repository, rights]) => `${option} ${quotedWord(repository)} ${rights.join(' ')}`);
}
