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
import { TOKEN_CLAIM, tokenClaimKey, type TokenClaimState } from '../../domain/tokens/tokenClaim.js';

/** What is remembered of a client, as of a moment ago: operations under way do not show. @param key the client's. */
export async function readClientRecord(client: DurableClient, key: string): Promise<ClientRecord> {
  const { entityExists, entityState } = await client.readEntityState<ClientRecord>(entityOf(key));
  return entityExists ? (entityState ?? NOTHING_KNOWN) : NOTHING_KNOWN;
}

/** The client that a token is for, as far as claims tell. */
export async function readTokenOwner(
  client: DurableClient,
  registry: string,
  token: string,
): Promise<ClientReference | undefined> {
  const entity = new df.EntityId(TOKEN_CLAIM, tokenClaimKey(registry, token));
  const { entityExists, entityState } = await client.readEntityState<TokenClaimState>(entity);
  return entityExists ? entityState?.owner : undefined;
}

/** What a record tells of the client's tokens. */
export function tokensIn({ orphaned, held }: ClientRecord): Pick<ClientRecord, 'orphaned' | 'held'> {
  return { ...(orphaned === undefined ? {} : { orphaned }), ...(held === undefined ? {} : { held }) };
}

/** Tells the client entity something, without waiting for it. */
export async function tellClientRecord<Operation extends ClientRecordOperation>(
  client: DurableClient,
  key: string,
  operation: Operation,
  request: ClientRecordRequests[Operation],
): Promise<void> {
  await client.signalEntity(entityOf(key), operation, request);
}

function entityOf(key: string): df.EntityId {
  return new df.EntityId(CLIENT_RECORD, key);
}
