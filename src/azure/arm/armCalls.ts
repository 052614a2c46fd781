import type { ContainerRegistryManagementClient } from '@azure/arm-containerregistry';
import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import { findRegistry, type RegistryId } from '../../settings/registries.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';
import { ApiVersions, type VersionedKind } from './apiVersions.js';
import { lazily } from '../calls/lazily.js';
import { pipelineOptions } from '../calls/pipelineOptions.js';
import { ended, standingOf, type Standing } from './refusedPolls.js';
import { calling } from '../calls/serviceErrors.js';

/** Where the service names no pause between polls of an asynchronous operation, in milliseconds. */
export const POLL = { updateIntervalInMs: 1000 };

export interface Target {
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
 * The three ways of calling the SDK on a registry: {@link ArmCalls.call} reads, {@link ArmCalls.write} and
 * {@link ArmCalls.removal} wait for the end of what they start. Each translates the SDK's errors into a `ServiceError`, and
 * changes to another api-version where the service does not have the one in use.
 */
export type ArmCalls = ReturnType<typeof createArmCalls>;

/** SDK retries are off: they would send generateCredentials again unseen, and the flow has its own on durable timers. */
export function createArmCalls(config: Config, credential: TokenCredential) {
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

  return { call, write, removal };
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

/** A whole listing, page after page. */
export async function eachAs<Item, Facts>(items: AsyncIterable<Item>, as: (item: Item) => Facts): Promise<Facts[]> {
  const found: Facts[] = [];
  for await (const item of items) found.push(as(item));
  return found;
}

function resourceId(id: RegistryId): string {
  return `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${id.name}`;
}
