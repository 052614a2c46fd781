import type { UnknownSync } from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../domain/clients/clientRecord.js';
import {
  rotationState,
  rotationTimes,
  unknownSyncFacts,
  type RotationState,
  type RotationTimes,
  type SyncOfClient,
} from '../../domain/rotation/rotationDue.js';
import type { RotationPolicy } from '../../domain/rotation/rotationPolicy.js';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { worstPathSeconds } from '@connected-registry/protocol/registry/syncSchedule';
import type { Vaults } from '../../ports/vaults.js';
import { clientVault } from '../../domain/vaults/clientVault.js';
import { pageOfAll } from '../clients/allVaults.js';
import { syncFacts } from '../registry/connectedRegistry.js';
import { eachOf } from '../eachOf.js';
import { clientSecret } from '../clients/knownClients.js';
import { ancestorsOf, type RegistryFactsQuery } from '../registry/registryFacts.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** One client's place in the schedule. */
export interface ScheduledClient extends RotationTimes {
  readonly reference: ClientReference;
  /** Host of the vault that has its secrets. */
  readonly vaultHost: string;
  readonly tags: CredentialTags;
  readonly record: ClientRecord;
  readonly state: RotationState;
  /** Facts of its connected registry's sync that are unknown; the state is computed without them. */
  readonly unknown: readonly UnknownSync[];
}

interface SchedulePage {
  readonly clients: readonly ScheduledClient[];
  /** Absent on the last page. */
  readonly continuation?: string;
}

/** Reads a client's record. */
type ReadRecord = (client: ClientReference) => Promise<ClientRecord>;

/** Reads one page of all clients that have a credential, in the vault's order. @throws ServiceError */
export type RotationSchedule = (
  policy: Pick<RotationPolicy, 'rotateAfter' | 'spreadSeconds' | 'freezeWindows' | 'sweepGapSeconds'>,
  readRecord: ReadRecord,
  continuation?: string,
) => Promise<SchedulePage>;

/** Creates the schedule that the sweep uses and the route shows, from the vault's tags, clients' records and ARM. */
export function createRotationSchedule(
  vaults: Vaults,
  facts: RegistryFactsQuery,
  config: Pick<Config, 'registries'>,
): RotationSchedule {
  return async (policy, readRecord, continuation) => {
    const now = new Date();
    const page = await pageOfAll(vaults, continuation);
    const secrets = page.secrets.flatMap((listing) => {
      const secret = clientSecret(listing);
      // A disabled secret belongs to a revoked client; a registry that was removed from the settings cannot be read.
      return secret?.isEnabled && findRegistry(config, secret.tags.registry) ? [secret] : [];
    });
    const syncOf = syncsAt(now);
    const clients = await eachOf(secrets, async ({ tags, vaultHost }): Promise<ScheduledClient[]> => {
      const reference = referenceOf(tags);
      const [record, sync] = await Promise.all([readRecord(reference), syncOf(tags)]);
      // A secret in another vault than its client's is no client's: nobody is sent there, and no run works there.
      if (clientVault(record, clientKey(reference), vaults.hosts) !== vaultHost) return [];
      const times = rotationTimes(tags, record, policy);
      const state = rotationState(times, sync, policy, now);
      return [{ reference, vaultHost, tags, record, ...times, state, unknown: unknownSyncFacts(sync, now) }];
    });
    return { clients: clients.flat(), ...(page.continuation === undefined ? {} : { continuation: page.continuation }) };
  };

  /** Computed once for each connected registry: a page has many clients of few. */
  function syncsAt(now: Date): (client: ClientReference) => Promise<SyncOfClient> {
    const known = new Map<string, Promise<SyncOfClient>>();
    return ({ registry, connectedRegistry }) => {
      const key = `${registry}/${connectedRegistry}`.toLowerCase();
      const found = known.get(key) ?? syncOf(registry, connectedRegistry, now);
      known.set(key, found);
      return found;
    };
  }

  async function syncOf(registry: string, connectedRegistry: string, now: Date): Promise<SyncOfClient> {
    const slow = await facts.slowFacts(registry);
    const found = slow.connectedRegistries.find(({ name }) => sameName(name, connectedRegistry));
    const syncPath = [...ancestorsOf(slow, found), ...(found ? [found] : [])];
    const worstGapSeconds = worstPathSeconds(syncPath, now);
    return {
      ...syncFacts(found),
      ...(worstGapSeconds === undefined ? {} : { worstGapSeconds }),
      ...(found ? { isThere: true, hasSyncToken: found.syncToken !== undefined } : { isThere: false }),
    };
  }
}
