import type { ContainerRegistryManagementClient, TokenUpdateParameters } from '@azure/arm-containerregistry';
import type { TokenCredential } from '@azure/identity';
import { findRegistry, type Config, type RegistryId } from '../config.js';
import { memberOf } from '../domain/armEnumerations.js';
import { SLOT_NAMES, type SlotName } from '../domain/slots.js';
import type { RegistryControlPlane } from '../ports/registryControlPlane.js';
import { orUndefined, ServiceError } from '../ports/serviceError.js';
import type { ServiceOperation } from '../ports/serviceOperation.js';
import { seenSecrets } from '../redaction/seenSecrets.js';
import { toConnectedRegistry, toScopeMap, toToken } from './armFacts.js';
import { lastAnswerPolicy } from './lastAnswer.js';
import { lazily } from './lazily.js';
import { calling } from './serviceErrors.js';

/** Where the service names no pause between polls of an asynchronous operation, in milliseconds. */
const POLL = { updateIntervalInMs: 1000 };

interface Target {
  readonly client: ContainerRegistryManagementClient;
  readonly group: string;
  readonly name: string;
  /** Resource id of a child, for example a token. */
  idOf(kind: 'tokens' | 'scopeMaps', child: string): string;
}

/**
 * The control plane on Azure Resource Manager.
 * SDK retries are off: they would send generateCredentials again unseen, and the flow has its own on durable timers.
 */
export function createArmControlPlane(config: Config, credential: TokenCredential): RegistryControlPlane {
  const loadSdk = lazily(() => import('@azure/arm-containerregistry'));
  const clients = new Map<string, ContainerRegistryManagementClient>();

  async function clientOf(subscriptionId: string): Promise<ContainerRegistryManagementClient> {
    const known = clients.get(subscriptionId);
    if (known) return known;
    const { ContainerRegistryManagementClient: Client } = await loadSdk();
    const client = new Client(credential, subscriptionId, {
      endpoint: config.arm.endpoint,
      credentials: { scopes: [`${config.arm.audience}/.default`] },
      retryOptions: { maxRetries: 0 },
      additionalPolicies: [{ position: 'perCall', policy: lastAnswerPolicy }],
    });
    clients.set(subscriptionId, client);
    return client;
  }

  async function targetOf(registry: string): Promise<Target> {
    const id = findRegistry(config, registry);
    if (!id)
      throw new ServiceError({
        kind: 'refused',
        operation: 'find registry',
        resource: registry,
        detail: 'registry-not-configured',
      });
    return {
      client: await clientOf(id.subscriptionId),
      group: id.resourceGroup,
      name: id.name,
      idOf: (kind, child) => `${resourceId(id)}/${kind}/${child}`,
    };
  }

  /** One call of the SDK on a registry, its errors translated. */
  async function call<T>(
    operation: ServiceOperation,
    registry: string,
    resource: string,
    make: (at: Target) => PromiseLike<T>,
  ): Promise<T> {
    const at = await targetOf(registry);
    return calling(operation, resource, async () => make(at));
  }

  /** A PATCH of a token: what the change does not name stays, and of the passwords those that it does name. */
  async function updateToken(
    operation: ServiceOperation,
    registry: string,
    name: string,
    change: (at: Target) => TokenUpdateParameters,
  ): Promise<void> {
    await call(operation, registry, name, (at) => at.client.tokens.update(at.group, at.name, name, change(at), POLL));
  }

  return {
    getRegistry: async (registry) =>
      orUndefined(
        call('get registry', registry, registry, async (at) => {
          const found = await at.client.registries.get(at.group, at.name);
          return {
            name: found.name ?? at.name,
            tier: found.sku.tier ?? found.sku.name,
            dataEndpointEnabled: found.dataEndpointEnabled,
            ...(found.loginServer ? { loginServer: found.loginServer } : {}),
          };
        }),
      ),

    listConnectedRegistries: (registry) =>
      call('list connected registries of', registry, registry, async (at) =>
        eachAs(at.client.connectedRegistries.list(at.group, at.name), toConnectedRegistry),
      ),

    getConnectedRegistry: async (registry, name) =>
      orUndefined(
        call('get connected registry', registry, name, async (at) =>
          toConnectedRegistry(await at.client.connectedRegistries.get(at.group, at.name, name)),
        ),
      ),

    setClientTokens: async (registry, name, tokens) => {
      await call('update client tokens of connected registry', registry, name, (at) =>
        at.client.connectedRegistries.update(
          at.group,
          at.name,
          name,
          { clientTokenIds: tokens.map((token) => at.idOf('tokens', token)) },
          POLL,
        ),
      );
    },

    getScopeMap: async (registry, name) =>
      orUndefined(
        call('get scope map', registry, name, async (at) =>
          toScopeMap(await at.client.scopeMaps.get(at.group, at.name, name)),
        ),
      ),

    createScopeMap: async (registry, name, content) => {
      await call('create scope map', registry, name, (at) =>
        at.client.scopeMaps.create(
          at.group,
          at.name,
          name,
          { actions: [...content.actions], description: content.description },
          POLL,
        ),
      );
    },

    setScopeMapActions: async (registry, name, actions) => {
      await call('update scope map', registry, name, (at) =>
        at.client.scopeMaps.update(at.group, at.name, name, { actions: [...actions] }, POLL),
      );
    },

    deleteScopeMap: async (registry, name) => {
      await call('delete scope map', registry, name, (at) => at.client.scopeMaps.delete(at.group, at.name, name, POLL));
    },

    getToken: async (registry, name) =>
      orUndefined(
        call('get token', registry, name, async (at) => toToken(await at.client.tokens.get(at.group, at.name, name))),
      ),

    listTokens: (registry) =>
      call('list tokens of', registry, registry, async (at) =>
        eachAs(at.client.tokens.list(at.group, at.name), toToken),
      ),

    listScopeMaps: (registry) =>
      call('list scope maps of', registry, registry, async (at) =>
        eachAs(at.client.scopeMaps.list(at.group, at.name), toScopeMap),
      ),

    listTokensOf: (registry, scopeMap) =>
      call('list tokens of scope map', registry, scopeMap, async (at) => {
        const names: string[] = [];
        for await (const item of at.client.tokens.list(at.group, at.name)) {
          const token = toToken(item);
          if (token.scopeMap.toLowerCase() === scopeMap.toLowerCase()) names.push(token.name);
        }
        return names;
      }),

    createToken: async (registry, name, scopeMap) => {
      await call('create token', registry, name, (at) =>
        at.client.tokens.create(
          at.group,
          at.name,
          name,
          { scopeMapId: at.idOf('scopeMaps', scopeMap), status: 'enabled' },
          POLL,
        ),
      );
    },

    setTokenScopeMap: (registry, name, scopeMap) =>
      updateToken('change the scope map of token', registry, name, (at) => ({
        scopeMapId: at.idOf('scopeMaps', scopeMap),
      })),

    disableToken: (registry, name) =>
      orUndefined(updateToken('disable token', registry, name, () => ({ status: 'disabled' }))),

    enableToken: (registry, name, keep) =>
      updateToken('enable token', registry, name, () => ({ status: 'enabled', credentials: keeping(keep) })),

    keepOnlySlots: (registry, name, keep) =>
      orUndefined(
        updateToken('empty a password slot of token', registry, name, () => ({ credentials: keeping(keep) })),
      ),

    deleteToken: async (registry, name) => {
      await call('delete token', registry, name, (at) => at.client.tokens.delete(at.group, at.name, name, POLL));
    },

    generatePassword: (registry, token, slot, expiresAt) =>
      call('generate a password for token', registry, token, async (at) => {
        const made = await at.client.registries.generateCredentials(
          at.group,
          at.name,
          { tokenId: at.idOf('tokens', token), name: slot, expiry: expiresAt },
          POLL,
        );
        // By name, never by position: the service may list both slots.
        for (const { value } of made.passwords ?? []) seenSecrets.remember(value);
        const password = made.passwords?.find((item) => memberOf(SLOT_NAMES, item.name) === slot);
        // Without its time the password could never be told from a later one.
        if (!password?.value || !password.creationTime || !made.username)
          throw new ServiceError({
            kind: 'unavailable',
            operation: 'generate a password for token',
            resource: token,
            detail: 'no-password',
          });
        return {
          userName: made.username,
          value: password.value,
          createdAt: password.creationTime.toISOString(),
        };
      }),
  };
}

/** The credentials of a token that is to keep these slots' passwords, and no other. */
function keeping(slots: readonly SlotName[]) {
  return { passwords: slots.map((slot) => ({ name: slot })) };
}

/** A whole listing, page after page. */
async function eachAs<Item, Facts>(items: AsyncIterable<Item>, as: (item: Item) => Facts): Promise<Facts[]> {
  const found: Facts[] = [];
  for await (const item of items) found.push(as(item));
  return found;
}

function resourceId(id: RegistryId): string {
  return `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${id.name}`;
}
