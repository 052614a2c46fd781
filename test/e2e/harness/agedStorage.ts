import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { deterministicGuid } from '@connected-registry/functions-host/durable/guid';

/** An instant as every part of the storage writes it; what follows the seconds stays as it is. */
const INSTANT = /\b2\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/g;

/** From when a message in a queue can be seen, in milliseconds since 1970: what a pending timer waits for. */
const VISIBLE_FROM = /(?<="timeNextVisible":)\d{13}\b/g;

/** Ids for which an orchestration has asked the engine since its turn began; far more than any turn of ours has. */
const IDS_OF_A_TURN = 50;

/**
 * Makes everything in the storage of a task hub older: rows of histories and instances, messages with the time from
 * which they are visible, leases, blobs. To a host that starts on it, it has been off for that long. Only while nothing
 * runs on it.
 *
 * What the engine makes of a turn's time becomes what it makes of the older one: the ids of calls to entities. All that
 * is put in place of something keeps its length, since the emulator's files refer to parts of others by position.
 *
 * @param by milliseconds, whole seconds
 * @param texts what else is another one then, by what it was
 */
export function ageStorage(folder: string, by: number, texts: Readonly<Record<string, string>> = {}): void {
  const earlier = (instant: string): string =>
    instant.replace(INSTANT, (found) => new Date(Date.parse(`${found}Z`) - by).toISOString().slice(0, found.length));
  const others = new Map([...Object.entries(texts), ...agedIds(folder, earlier)]);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name);
    if (!statSync(file).isFile()) continue;
    const text = readFileSync(file, 'latin1');
    let older = earlier(text).replace(VISIBLE_FROM, (milliseconds) => String(Number(milliseconds) - by));
    for (const [was, is] of others) older = older.replaceAll(was, is);
    if (older.length !== text.length) throw new Error(`${file} would have another length.`);
    writeFileSync(file, older, 'latin1');
  }
}

/** Of an instance, the time of its turn and a count (source: azure-functions-durable-extension, NewGuid). */
function agedIds(folder: string, earlier: (instant: string) => string): Map<string, string> {
  const ids = new Map<string, string>();
  for (const { PartitionKey, properties } of historyRows(folder)) {
    const { EventType, _Timestamp: turn = '' } = properties;
    if (EventType !== 'OrchestratorStarted') continue;
    for (let count = 0; count < IDS_OF_A_TURN; count += 1) {
      const idOf = (time: string): string => deterministicGuid(`${PartitionKey}_${time}_${count}`);
      ids.set(idOf(turn), idOf(earlier(turn)));
    }
  }
  return ids;
}

const row = z.object({
  RowKey: z.string(),
  PartitionKey: z.string(),
  properties: z.object({
    EventType: z.string().optional(),
    EventId: z.int().optional(),
    ExecutionId: z.string().optional(),
    Name: z.string().optional(),
    TaskScheduledId: z.int().optional(),
    TimerId: z.int().optional(),
    _Timestamp: z.string().optional(),
    FireAt: z.string().optional(),
  }),
});
const tables = z.object({ collections: z.array(z.object({ name: z.string(), data: z.array(z.unknown()) })) });

/** A row of a run's history, as Azure Storage's provider keeps it. */
export type StoredEvent = z.infer<typeof row>['properties'];

function historyRows(folder: string): z.infer<typeof row>[] {
  const { collections } = tables.parse(JSON.parse(readFileSync(join(folder, '__azurite_db_table__.json'), 'utf8')));
  return collections
    .filter(({ name }) => name.endsWith('History'))
    .flatMap(({ data }) => data.map((one) => row.parse(one)));
}

/**
 * A run's history in the order of its events, read from the emulator's file of tables. Only while nothing runs on it.
 */
export function storedHistory(folder: string, instance: string): StoredEvent[] {
  const rows = historyRows(folder).filter(({ PartitionKey }) => PartitionKey.toLowerCase() === instance.toLowerCase());
  // The last row says which execution the instance is in; rows behind its end may be left of an earlier one.
  const present = rows.find(({ RowKey }) => RowKey === 'sentinel')?.properties.ExecutionId;
  return rows
    .filter(({ RowKey, properties }) => RowKey !== 'sentinel' && properties.ExecutionId === present)
    .toSorted((one, other) => (one.RowKey < other.RowKey ? -1 : 1))
    .map(({ properties }) => properties);
}
