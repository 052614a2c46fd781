import * as df from 'durable-functions';
import type { Config } from '../../settings/config.js';
import { vaultHosts } from '../../settings/vaults.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { CLIENT_RECORD, type ClientRecordRequests } from '../../domain/clients/clientRecord.js';
import {
  isMainSecretName,
  parseSecretId,
  SECRET_EXPIRED,
  SECRET_NEAR_EXPIRY,
  secretEventData,
} from '../../domain/events/secretEvents.js';
import { clientVault } from '../../domain/vaults/clientVault.js';
import { readClientRecord } from '../durable/clientRecords.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import type { Queries } from '../../queries/queries.js';
import { eventFunction, invalidData, type EventHandler } from './eventFunction.js';

/**
 * Handles Key Vault's events: marks a client as due for rotation if its main secret is about to expire; the sweep
 * starts the rotation. Ignores candidates, old versions and secrets of others.
 */
export function onSecretExpiring(config: Pick<Config, 'vaults'>, queries: Queries) {
  const hosts = vaultHosts(config);

  const markDue: EventHandler = async (event, client) => {
    const parsed = secretEventData.safeParse(event.data, { reportInput: true });
    if (!parsed.success) return invalidData(parsed.error);
    const id = parseSecretId(parsed.data.Id);
    if (!id || !hosts.includes(id.vault) || !isMainSecretName(id.name))
      return { kind: 'ignored', decision: 'not-ours' };
    const secret = await queries.events.secret(id.vault, id.name);
    const tags = secret && parseTags(secret.tags);
    if (!tags || clientKey(tags) !== id.name) return { kind: 'ignored', decision: 'not-ours' };
    if (secret.version !== id.version) return { kind: 'ignored', decision: 'stale' };
    // A copy in another vault is not the client's secret, however old it is.
    const record = await readClientRecord(client, id.name);
    if (clientVault(record, id.name, hosts) !== id.vault) return { kind: 'ignored', decision: 'not-ours' };
    const at = event.at ?? new Date().toISOString();
    const request: ClientRecordRequests['markRotationDue'] = { at, by: { operation: id.name, actor: 'event' } };
    await client.signalEntity(new df.EntityId(CLIENT_RECORD, id.name), 'markRotationDue', request);
    return { kind: 'taken', decision: 'rotation-due' };
  };

  return eventFunction('secretExpiring', { [SECRET_NEAR_EXPIRY]: markDue, [SECRET_EXPIRED]: markDue });
}
