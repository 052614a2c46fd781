import type { ContainerRegistryManagementClient } from '@azure/arm-containerregistry';
import { armPrincipals } from '../../settings/armIdentities.js';
import type { Config } from '../../settings/config.js';
import { findRegistry, type RegistryId } from '../../settings/registries.js';
import type { ArmKind } from '../../domain/resourceManager/rates.js';
import type { VersionedKind } from '../../domain/resourceManager/apiVersions.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';
import { ApiVersions } from './apiVersions.js';
import { armBuckets } from '../budget/armBuckets.js';
import { budgetPolicy } from '../budget/budgetPolicy.js';
import type { Bucket } from '../budget/rate.js';
import type { Turns } from '../budget/turns.js';
import type { CredentialOf } from '../identity/armCredentials.js';
import { lazily } from '../calls/lazily.js';
import { pipelineOptions } from '../calls/pipelineOptions.js';
import { ended, standingOf, type PollStanding } from './refusedPolls.js';
import { calling } from '../calls/serviceErrors.js';

/** Pause between polls of an asynchronous operation, in milliseconds, when the service names none. */
export const POLL = { updateIntervalInMs: 1000 };

export interface Target {
  /** Client for registries, scope maps and tokens. */
  readonly client: ContainerRegistryManagementClient;
  /** Client for connected registries, which have their own api-version. */
  readonly connected: ContainerRegistryManagementClient;
  readonly group: string;
  readonly name: string;
  /** Gives the resource id of a token or scope map. */
  idOf(kind: 'tokens' | 'scopeMaps', child: string): string;
}

/**
 * Calls of the SDK on a registry: {@link ArmCalls.call} reads; {@link ArmCalls.write} and {@link ArmCalls.removal} wait
 * until their asynchronous operation has ended. Each translates the SDK's errors into a `ServiceError`, and changes the
 * api-version when the service does not support the one in use.
 */
export type ArmCalls = ReturnType<typeof createArmCalls>;

/**
 * Creates the calls. SDK retries are off: they would repeat generateCredentials unnoticed, and the flow retries by
 * durable timers.
 *
 * Each principal has its own clients, so all requests of a call have one sender: polls of its asynchronous operation
 * and further pages, too.
 */
export function createArmCalls(config: Config, credentialOf: CredentialOf, turns: Turns) {
  const buckets = armBuckets(config.arm.rates);
  const principals = armPrincipals(config);
  const loadSdk = lazily(() => import('@azure/arm-containerregistry'));
  const clients = new Map<string, ContainerRegistryManagementClient>();

  const versions = new ApiVersions(config.arm.versions);

  async function clientOf(
    subscriptionId: string,
    principal: string,
    apiVersion: string,
  ): Promise<ContainerRegistryManagementClient> {
    const key = `${subscriptionId} ${principal} ${apiVersion}`;
    const known = clients.get(key);
    if (known) return known;
    const { ContainerRegistryManagementClient: Client } = await loadSdk();
    const client = new Client(credentialOf(principal), subscriptionId, {
      apiVersion,
      endpoint: config.arm.endpoint,
      credentials: { scopes: [`${config.arm.audience}/.default`] },
      ...pipelineOptions(config.arm.endpoint, budgetPolicy(turns, buckets.ofRequest(principal))),
    });
    clients.set(key, client);
    return client;
  }

  /** @throws ServiceError if the settings do not have the registry */
  function idOf(registry: string): RegistryId {
    const id = findRegistry(config, registry);
    if (id) return id;
    throw new ServiceError({
      kind: 'refused',
      operation: 'find registry',
      resource: resourceName(registry),
      detail: 'registry-not-configured',
    });
  }

  async function targetOf(id: RegistryId, principal: string): Promise<Target> {
    return {
      client: await clientOf(id.subscriptionId, principal, versions.of('registry')),
      connected: await clientOf(id.subscriptionId, principal, versions.of('connectedRegistry')),
      group: id.resourceGroup,
      name: id.name,
      idOf: (kind, child) => `${resourceId(id)}/${kind}/${child}`,
    };
  }

  /**
   * Makes one call. Its errors are translated, and an unsupported api-version is changed.
   *
   * @param sends kind of its first request.
   * @throws ServiceError
   */
  async function call<T>(
    operation: ServiceOperation,
    registry: string,
    resource: string,
    make: (at: Target) => PromiseLike<T>,
    kind: VersionedKind = 'registry',
    sends: ArmKind = 'reads',
  ): Promise<T> {
    return calling(operation, resource, async () => {
      const id = idOf(registry);
      const bucketOf = (principal: string): Bucket => buckets.of(id.subscriptionId, principal, sends);
      for (;;) {
        const used = versions.of(kind);
        try {
          return await turns.byOne(principals, bucketOf, async (principal) => make(await targetOf(id, principal)));
        } catch (error) {
          // This ends: each change removes one version of a short list.
          if (!versions.change(kind, used, error)) throw error;
        }
      }
    });
  }

  /**
   * Creates or updates a resource, and waits for the end. When polling is refused, the resource's own state shows the
   * end.
   *
   * @param look reads the resource.
   * @throws ServiceError
   */
  function write(
    operation: ServiceOperation,
    registry: string,
    resource: string,
    make: (at: Target) => PromiseLike<unknown>,
    look: (at: Target) => PromiseLike<{ readonly provisioningState?: string }>,
    kind: VersionedKind = 'registry',
  ): Promise<void> {
    const stands = async (at: Target): Promise<PollStanding> => {
      const found = await ifThere(look(at));
      return found ? standingOf(found.provisioningState) : 'busy';
    };
    const ending = (at: Target) =>
      ended(
        { operation, resource },
        () => make(at),
        () => stands(at),
      );
    return call(operation, registry, resource, ending, kind, 'writes');
  }

  /**
   * Deletes a resource, and waits for the end. When polling is refused, the end is the resource's absence.
   *
   * @param look reads the resource.
   * @throws ServiceError
   */
  function removal(
    operation: ServiceOperation,
    registry: string,
    resource: string,
    make: (at: Target) => PromiseLike<unknown>,
    look: (at: Target) => PromiseLike<unknown>,
  ): Promise<void> {
    const stands = async (at: Target): Promise<PollStanding> =>
      (await ifThere(look(at))) === undefined ? 'done' : 'busy';
    const ending = (at: Target) =>
      ended(
        { operation, resource },
        () => make(at),
        () => stands(at),
      );
    return call(operation, registry, resource, ending, 'registry', 'deletes');
  }

  return { call, write, removal };
}

/** Turns a 404 into undefined. */
async function ifThere<T>(call: PromiseLike<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404)
      return undefined;
    throw error;
  }
}

/** Reads a whole listing, page after page, and maps its items. */
export async function eachAs<Item, Facts>(items: AsyncIterable<Item>, as: (item: Item) => Facts): Promise<Facts[]> {
  const found: Facts[] = [];
  for await (const item of items) found.push(as(item));
  return found;
}

function resourceId(id: RegistryId): string {
  return `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${id.name}`;
}
