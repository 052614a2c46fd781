import type { ContainerRegistryManagementClient, TokenUpdateParameters } from '@azure/arm-containerregistry';
import type { TokenCredential } from '@azure/identity';
import { findRegistry, type Config, type RegistryId } from '../config.js';
import { memberOf } from '../domain/armEnumerations.js';
import { SLOT_NAMES, type SlotName } from '../domain/slots.js';
import type { RegistryControlPlane } from '../ports/registryControlPlane.js';
import { orUndefined, ServiceError } from '../ports/serviceError.js';
import { resourceName } from '../ports/serviceFacts.js';
import type { ServiceOperation } from '../ports/serviceOperation.js';
import { seenSecrets } from '../redaction/seenSecrets.js';
import { toConnectedRegistry, toScopeMap, toToken } from './armFacts.js';
import { lazily } from './lazily.js';
import { pipelineOptions } from './pipelineOptions.js';
import { ApiVersions, type VersionedKind } from './apiVersions.js';
import { ended, isRefusedPoll, standingOf, type Standing } from './refusedPolls.js';
import { calling, toServiceError } from './serviceErrors.js';

/** Where the service names no pause between polls of an asynchronous operation, in milliseconds. */
const POLL = { updateIntervalInMs: 1000 };

interface Target {
  /** For registries, their scope maps and tokens. */
  readonly client: ContainerRegistryManagementClient;
  /** For connected registries, whose api-versions are others. */
  readonly connected: ContainerRegistryManagementClient;
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

  const versions = new ApiVersions(config.arm.versions);

  async function clientOf(subscriptionId: string, apiVersion: string): Promise<ContainerRegistryManagementClient> {
    const key = `${subscriptionId} ${apiVersion}`;
    const known = clients.get(key);
    if (known) return known;
    const { ContainerRegistryManagementClient: Client } = await loadSdk();
    const client = new Client(credential, subscriptionId, {
      apiVersion,
      endpoint: config.arm.endpoint,
      credentials: { scopes: [`${config.arm.audience}/.default`] },
      ...pipelineOptions(config.arm.endpoint),
    });
    clients.set(key, client);
    return client;
  }

  async function targetOf(registry: string): Promise<Target> {
    const id = findRegistry(config, registry);
    if (!id)
      throw new ServiceError({
        kind: 'refused',
        operation: 'find registry',
        resource: resourceName(registry),
        detail: 'registry-not-configured',
      });
    return {
      client: await clientOf(id.subscriptionId, versions.of('registry')),
      connected: await clientOf(id.subscriptionId, versions.of('connectedRegistry')),
      group: id.resourceGroup,
      name: id.name,
      idOf: (kind, child) => `${resourceId(id)}/${kind}/${child}`,
    };
  }

  /** One call of the SDK on a registry, its errors translated. A version that the service does not have is changed. */
  async function call<T>(
    operation: ServiceOperation,
    registry: string,
    resource: string,
    make: (at: Target) => PromiseLike<T>,
    kind: VersionedKind = 'registry',
  ): Promise<T> {
    return calling(operation, resource, async () => {
      for (;;) {
        const used = versions.of(kind);
        const at = await targetOf(registry);
        try {
          return await make(at);
        } catch (error) {
          // Each change is to another version of a short list that the refusal names.
          if (!versions.change(kind, used, error)) throw error;
        }
      }
    });
  }

  /** A write whose end is looked for at the resource itself where its polls are refused. */
  function write(
    operation: ServiceOperation,
    registry: string,
    resource: string,
    make: (at: Target) => PromiseLike<unknown>,
    look: (at: Target) => PromiseLike<{ readonly provisioningState?: string }>,
    kind: VersionedKind = 'registry',
  ): Promise<void> {
    const stands = async (at: Target): Promise<Standing> => {
      const found = await ifThere(look(at));
      return found ? standingOf(found.provisioningState) : 'busy';
    };
    const ending = (at: Target) =>
      ended(
        { operation, resource },
        () => make(at),
        () => stands(at),
      );
    return call(operation, registry, resource, ending, kind);
  }

  /** A deletion: it has ended once the resource is gone. */
  function removal(
    operation: ServiceOperation,
    registry: string,
    resource: string,
    make: (at: Target) => PromiseLike<unknown>,
    look: (at: Target) => PromiseLike<unknown>,
  ): Promise<void> {
    const stands = async (at: Target): Promise<Standing> => ((await ifThere(look(at))) === undefined ? 'done' : 'busy');
    const ending = (at: Target) =>
      ended(
        { operation, resource },
        () => make(at),
        () => stands(at),
      );
    return call(operation, registry, resource, ending);
  }

  /** A PATCH of a token: what the change does not name stays, and of the passwords those that it does name. */
  async function updateToken(
    operation: ServiceOperation,
    registry: string,
    name: string,
    change: (at: Target) => TokenUpdateParameters,
  ): Promise<void> {
    await write(
      operation,
      registry,
      name,
      (at) => at.client.tokens.update(at.group, at.name, name, change(at), POLL),
      (at) => at.client.tokens.get(at.group, at.name, name),
    );
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
      call(
        'list connected registries of',
        registry,
        registry,
        async (at) => eachAs(at.connected.connectedRegistries.list(at.group, at.name), toConnectedRegistry),
        'connectedRegistry',
      ),

    getConnectedRegistry: async (registry, name) =>
      orUndefined(
        call(
          'get connected registry',
          registry,
          name,
          async (at) => toConnectedRegistry(await at.connected.connectedRegistries.get(at.group, at.name, name)),
          'connectedRegistry',
        ),
      ),

    setClientTokens: async (registry, name, tokens) => {
      await write(
        'update client tokens of connected registry',
        registry,
        name,
        (at) =>
          at.connected.connectedRegistries.update(
            at.group,
            at.name,
            name,
            { clientTokenIds: tokens.map((token) => at.idOf('tokens', token)) },
            POLL,
          ),
        (at) => at.connected.connectedRegistries.get(at.group, at.name, name),
        'connectedRegistry',
      );
    },

    getScopeMap: async (registry, name) =>
      orUndefined(
        call('get scope map', registry, name, async (at) =>
          toScopeMap(await at.client.scopeMaps.get(at.group, at.name, name)),
        ),
      ),

    createScopeMap: async (registry, name, content) => {
      await write(
        'create scope map',
        registry,
        name,
        (at) =>
          at.client.scopeMaps.create(
            at.group,
            at.name,
            name,
            { actions: [...content.actions], description: content.description },
            POLL,
          ),
        (at) => at.client.scopeMaps.get(at.group, at.name, name),
      );
    },

    setScopeMapActions: async (registry, name, actions) => {
      await write(
        'update scope map',
        registry,
        name,
        (at) => at.client.scopeMaps.update(at.group, at.name, name, { actions: [...actions] }, POLL),
        (at) => at.client.scopeMaps.get(at.group, at.name, name),
      );
    },

    deleteScopeMap: async (registry, name) => {
      await removal(
        'delete scope map',
        registry,
        name,
        (at) => at.client.scopeMaps.delete(at.group, at.name, name, POLL),
        (at) => at.client.scopeMaps.get(at.group, at.name, name),
      );
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
      await write(
        'create token',
        registry,
        name,
        (at) =>
          at.client.tokens.create(
            at.group,
            at.name,
            name,
            { scopeMapId: at.idOf('scopeMaps', scopeMap), status: 'enabled' },
            POLL,
          ),
        (at) => at.client.tokens.get(at.group, at.name, name),
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
      await removal(
        'delete token',
        registry,
        name,
        (at) => at.client.tokens.delete(at.group, at.name, name, POLL),
        (at) => at.client.tokens.get(at.group, at.name, name),
      );
    },

    generatePassword: (registry, token, slot, expiresAt) =>
      call('generate a password for token', registry, token, async (at) => {
        const made = await withItsAnswer(token, () =>
          at.client.registries.generateCredentials(
            at.group,
            at.name,
            { tokenId: at.idOf('tokens', token), name: slot, expiry: expiresAt },
            POLL,
          ),
        );
        // By name, never by position: the service may list both slots.
        for (const { value } of made.passwords ?? []) seenSecrets.remember(value);
        const password = made.passwords?.find((item) => memberOf(SLOT_NAMES, item.name) === slot);
        // Without its time nothing would tell the password from a later one.
        if (!password?.value || !password.creationTime || !made.username)
          throw new ServiceError({
            kind: 'unavailable',
            operation: 'generate a password for token',
            resource: resourceName(token),
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

/** What is there; undefined for a 404. */
async function ifThere<T>(call: PromiseLike<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404)
      return undefined;
    throw error;
  }
}

/** A password that was made and cannot be fetched is lost: that it could not be found says nothing of the token. */
async function withItsAnswer<T>(token: string, generate: () => PromiseLike<T>): Promise<T> {
  const operation = 'fetch the password made for token';
  try {
    return await generate();
  } catch (error) {
    if (!isRefusedPoll(error) || toServiceError(operation, token, error).kind !== 'notFound') throw error;
    throw new ServiceError({ kind: 'unavailable', operation, resource: resourceName(token), detail: 'no-password' });
  }
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
