/** The records of the journal. Each is one change of the task hub, applied completely or not at all. */
import { EventType, type HistoryEvent } from '../history.js';
import type { EarlierRun, EntityState, Message, PendingTask, RuntimeStatus, StoredInstance } from './instance.js';

/** A message of a turn to another instance. */
export interface Outgoing {
  to: string;
  m: Message;
}

/** A client starts an instance, which replaces an earlier one of the same id. */
export interface StartRecord {
  k: 'start';
  i: string;
  m: Message;
}

/** A message from a client, or an activity's answer. */
export interface MessageRecord {
  k: 'message';
  i: string;
  m: Message;
}

/** A turn of an orchestration: the messages it took, the events it adds, and the tasks and messages it sends. */
export interface TurnRecord {
  k: 'turn';
  i: string;
  /** The time of the turn's marks. */
  at: string;
  /** In the order of history: numbers of messages, and timers that fired. */
  in: (number | HistoryEvent)[];
  /** Messages that were taken and are not in the history. */
  drop: number[];
  /** Scheduled tasks, and the end. */
  ev: HistoryEvent[];
  /** Ids of its timers that fire early. */
  early?: number[];
  /** The next run, if the orchestration continued as new, with its whole history. */
  next?: { x: string; ev: HistoryEvent[] };
  customStatus: string | null;
  tasks: PendingTask[];
  out: Outgoing[];
}

/** A batch of operations of an entity. */
export interface EntityRecord {
  k: 'entity';
  i: string;
  at: string;
  /** Numbers of the messages that it took. */
  in: number[];
  entity: EntityState;
  out: Outgoing[];
}

/** What a rewind does to one instance. */
export interface RewoundInstance {
  i: string;
  /** Without the failures; absent if nothing of it changes. */
  history?: HistoryEvent[];
  /** What is left of its earlier runs, if that changes. */
  earlier?: EarlierRun;
  /**
   * Absent if it runs again. `stays`: nothing else changes. `shows-pending`: its status is Pending until a message
   * comes.
   */
  instead?: 'stays' | 'shows-pending';
  /** The message that starts it; absent if a child's end does. */
  m?: Message;
}

/** Failed instances that run again. */
export interface RewindRecord {
  k: 'rewind';
  at: string;
  instances: RewoundInstance[];
}

/** An instance that ended before its first turn. */
export interface CancelRecord {
  k: 'cancel';
  i: string;
  at: string;
  reason: string | null;
}

/** Deleted instances. */
export interface PurgeRecord {
  k: 'purge';
  i: string[];
}

/** The state of an instance, written by a checkpoint, or to take it out of the archive. It replaces earlier state. */
export interface CheckpointRecord {
  k: 'checkpoint';
  s: StoredInstance;
}

/** A finished instance in the archive: its id, number of its status, time of creation (ms), generation, and place. */
export interface ArchiveEntry {
  i: string;
  s: number;
  c: number;
  g: number | null;
  /** File, offset and length. */
  p: [number, number, number];
}

/** Finished instances whose state is in the archive from now on, or in another place of it. */
export interface ArchiveRecord {
  k: 'archive';
  e: ArchiveEntry[];
}

export type HubRecord =
  | StartRecord
  | MessageRecord
  | TurnRecord
  | EntityRecord
  | RewindRecord
  | CancelRecord
  | PurgeRecord
  | CheckpointRecord
  | ArchiveRecord;

/** Ids of the instances that a record starts, in place of earlier ones. */
export function startedBy(record: HubRecord): string[] {
  if (record.k === 'start') return [record.i];
  if (record.k !== 'turn') return [];
  return record.out.flatMap(({ to, m }) => (m.e.EventType === EventType.ExecutionStarted ? [to] : []));
}

/** Status names by their number in an ExecutionCompleted event. */
export const statusNames: readonly RuntimeStatus[] = [
  'Running',
  'Completed',
  'ContinuedAsNew',
  'Failed',
  'Canceled',
  'Terminated',
  'Pending',
  'Suspended',
];
