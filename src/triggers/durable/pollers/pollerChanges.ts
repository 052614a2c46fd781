import type { DurableClient } from 'durable-functions';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../../domain/clients/clientRecord.js';
import { requestTime } from '../../../domain/clients/revocationMarks.js';
import type { Poller } from '../../../domain/polling/poller.js';
import { lists } from '../../../domain/polling/pollerIndex.js';
import { decidedAfter } from '../../../domain/times/decidedAfter.js';
import { forClientAlone, notifyClientRecord, readClientRecord } from '../clientRecords.js';
import { readPollerIndex } from './polledClients.js';
import { readBack } from '../readBack.js';

/**
 * Sets the poller of a client, without a run. The engine accepts signals that it carries out later, so record and index
 * are read back. A repetition also mends an index that does not list the client.
 * @returns undefined if they did not show the poller in time: whether it is set is unknown
 */
export async function changePoller(
  client: DurableClient,
  reference: ClientReference,
  objectId: string,
  actor: string,
): Promise<Poller | undefined> {
  const key = clientKey(reference);
  const before = await readClientRecord(client, key);
  const { polling } = before;
  const by = forClientAlone(key, actor);
  const current = polling?.current;
  if (current?.objectId === objectId) {
    if (lists(await readPollerIndex(client, objectId), reference)) return current;
    await notifyClientRecord(client, key, 'confirmPoller', { objectId, client: reference, since: current.since, by });
  } else {
    const now = new Date().toISOString();
    const at = decidedAfter(polling?.decidedAt, now);
    const effectiveAt = requestTime(before, now);
    await notifyClientRecord(client, key, 'setPoller', { objectId, client: reference, at, effectiveAt, by });
  }
  return readUntilFound(async () => {
    const set = (await readClientRecord(client, key)).polling?.current;
    if (set?.objectId !== objectId) return undefined;
    return lists(await readPollerIndex(client, objectId), reference) ? set : undefined;
  });
}

/** Removes the poller of a client. @returns whether the record shows it */
export async function removePoller(
  client: DurableClient,
  key: string,
  { polling }: ClientRecord,
  actor: string,
): Promise<boolean> {
  const at = decidedAfter(polling?.decidedAt, new Date().toISOString());
  await notifyClientRecord(client, key, 'withdrawPoller', { at, by: forClientAlone(key, actor) });
  const isGone = await readUntilFound(async () => {
    const left = (await readClientRecord(client, key)).polling?.current;
    return left === undefined || left.since !== polling?.current?.since ? true : undefined;
  });
  return isGone === true;
}

function readUntilFound<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  return readBack(read, (found) => found !== undefined);
}
