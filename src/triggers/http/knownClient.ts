import type { DurableClient } from 'durable-functions';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../domain/clients/clientRecord.js';
import { unknownClientText, type UnknownClient } from '../../domain/clients/unknownClient.js';
import type { Queries } from '../../queries/queries.js';
import { readClientRecord } from '../durable/clientRecords.js';
import { hasEnded, readRun } from '../durable/runStatus.js';
import { problemBody } from './answers/problem.js';
import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';

/** A client's record, and suggestions if the client is unknown. */
interface LookedUp {
  readonly record: ClientRecord;
  readonly unknown?: UnknownClient;
}

/** Looks up a client by its name. A client with a running run is known, even if it has no resource yet. */
export async function lookUpClient(
  client: DurableClient,
  reference: ClientReference,
  { findUnknown }: Pick<Queries, 'findUnknown'>,
): Promise<LookedUp> {
  const key = clientKey(reference);
  const record = await readClientRecord(client, key);
  const unknown = await findUnknown(reference, record);
  if (!unknown) return { record };
  const run = await readRun(client, key);
  return run && !hasEnded(run) ? { record } : { record, unknown };
}

/** The problem for an unknown client. */
export function unknownClient(reference: ClientReference, unknown: UnknownClient): ProblemDetails {
  const { message, fix } = unknownClientText(reference, unknown);
  return problemBody({
    status: 404,
    code: 'client-unknown',
    title: 'There is no such client.',
    detail: `${message} ${fix} Nothing was done.`,
    ...(unknown.near === undefined ? {} : { near: unknown.near }),
  });
}
