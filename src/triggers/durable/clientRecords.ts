import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import {
  CLIENT_RECORD,
  NOTHING_KNOWN,
  type ClientRecord,
  type ClientRecordOperation,
  type ClientRecordRequests,
} from '../../domain/clients/clientRecord.js';
import type { WorksFor } from '../../domain/operations/worksFor.js';
import { TOKEN_CLAIM, tokenClaimKey, type TokenClaimState } from '../../domain/tokens/tokenClaim.js';

/** Reads a client's record. It may not show pending entity operations yet. @param key the client's key */
export async function readClientRecord(client: DurableClient, key: string): Promise<ClientRecord> {
  const { entityExists, entityState } = await client.readEntityState<ClientRecord>(entityOf(key));
  return entityExists ? (entityState ?? NOTHING_KNOWN) : NOTHING_KNOWN;
}

/** Reads which client owns a token, according to its claim. */
export async function readTokenOwner(
  client: DurableClient,
  registry: string,
  token: string,
): Promise<ClientReference | undefined> {
  const entity = new df.EntityId(TOKEN_CLAIM, tokenClaimKey(registry, token));
  const { entityExists, entityState } = await client.readEntityState<TokenClaimState>(entity);
  return entityExists ? entityState?.owner : undefined;
}

/** Signals the client entity, without waiting for the result. @param key the client's key */
export async function notifyClientRecord<Operation extends ClientRecordOperation>(
  client: DurableClient,
  key: string,
  operation: Operation,
  request: ClientRecordRequests[Operation],
): Promise<void> {
  await client.signalEntity(entityOf(key), operation, request);
}

/** For whom an operation of a client's record works that no run sends: the audit names the client alone. */
export function forClientAlone(key: string, actor: string): WorksFor['by'] {
  return { operation: key, actor };
}

function entityOf(key: string): df.EntityId {
  return new df.EntityId(CLIENT_RECORD, key);
}
