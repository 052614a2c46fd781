import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../../domain/clients/clientRecord.js';
import type { Poller } from '../../../domain/polling/poller.js';
import { NO_CLIENTS, POLLER_INDEX, type PollerIndexState } from '../../../domain/polling/pollerIndex.js';
import { clientsOfPoller, type ProfileBook } from '../../../domain/profiles/profiles.js';
import { notifyClientRecord, readClientRecord } from '../clientRecords.js';
import { CONTACT_INTERVAL } from '../joinedDevices.js';

/** A client for which an identity may poll. */
interface Polled {
  readonly client: ClientReference;
  /** As the client's record names it; absent for a poller of the setting. */
  readonly recorded?: Poller;
  /** Version of the main secret that its device has acknowledged. */
  readonly acknowledged?: string;
}

/** Reads the index of an identity. It may not show pending entity operations yet. @param objectId in lower case */
export async function readPollerIndex(client: DurableClient, objectId: string): Promise<PollerIndexState> {
  const entity = new df.EntityId(POLLER_INDEX, objectId);
  const { entityExists, entityState } = await client.readEntityState<PollerIndexState>(entity);
  return entityExists ? (entityState ?? NO_CLIENTS) : NO_CLIENTS;
}

/**
 * The clients whose messages an identity may read now. The index and the setting only name candidates: where a client's
 * record names a poller or has keys of its device, it decides. Call it for authenticated identities only.
 */
export async function polledClients(client: DurableClient, book: ProfileBook, objectId: string): Promise<Polled[]> {
  const id = objectId.toLowerCase();
  const { clients: listed } = await readPollerIndex(client, id);
  const candidates = [...listed.map((one) => one.client), ...clientsOfPoller(book, id)];
  const distinct = new Map(candidates.map((one) => [clientKey(one), one]));
  const found = await Promise.all(
    [...distinct.values()].map(async (one) => polled(await readClientRecord(client, clientKey(one)), book, id, one)),
  );
  const allowed = found.filter((one) => one !== undefined);
  const recorded = new Set(allowed.flatMap((one) => (one.recorded ? [clientKey(one.client)] : [])));
  for (const { client: one, since } of listed) {
    // Its record has ended it, or has not come so far. The record tells the index what is right.
    if (!recorded.has(clientKey(one)))
      await notifyClientRecord(client, clientKey(one), 'confirmPoller', {
        objectId: id,
        client: one,
        since,
        by: by(one),
      });
  }
  return allowed;
}

/** @returns undefined if the identity may not read the messages of this client */
function polled(
  { polling, joined, acknowledged }: ClientRecord,
  book: ProfileBook,
  objectId: string,
  reference: ClientReference,
): Polled | undefined {
  const recorded = polling?.current;
  const found = { client: reference, ...(acknowledged === undefined ? {} : { acknowledged }) };
  if (recorded !== undefined) return recorded.objectId === objectId ? { ...found, recorded } : undefined;
  // What goes to keys of a device goes to nobody in clear, unless an operator named a poller for this client.
  if (joined !== undefined) return undefined;
  const isOfProfiles = clientsOfPoller(book, objectId).some((one) => clientKey(one) === clientKey(reference));
  return isOfProfiles ? found : undefined;
}

/** Whether an identity may read the messages of the client that this record is of. */
export function mayPoll(
  record: ClientRecord,
  book: ProfileBook,
  objectId: string,
  reference: ClientReference,
): boolean {
  return polled(record, book, objectId.toLowerCase(), reference) !== undefined;
}

/** Notes in the records of its clients that a poller was heard of now, unless that is known to within an hour. */
export async function notePolled(client: DurableClient, clients: readonly Polled[], now: Date): Promise<void> {
  for (const { client: reference, recorded } of clients) {
    if (recorded === undefined) continue;
    const { objectId, lastContactAt } = recorded;
    if (lastContactAt !== undefined && now.getTime() - Date.parse(lastContactAt) < CONTACT_INTERVAL) continue;
    const note = { objectId, at: now.toISOString(), by: by(reference) };
    await notifyClientRecord(client, clientKey(reference), 'notePolled', note);
  }
}

/** No run works for these operations, so the audit names the client alone. */
function by(reference: ClientReference) {
  return { operation: clientKey(reference), actor: 'device' };
}
