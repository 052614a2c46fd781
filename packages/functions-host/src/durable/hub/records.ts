/** What the journal holds: each record is one change of the task hub, applied whole or not at all. */
import type { HistoryEvent } from '../history.js';
import type { EntityState, Message, PendingTask, RuntimeStatus, StoredInstance } from './instance.js';

/** A message for another instance, sent by a turn. */
export interface Outgoing {
  to: string;
  m: Message;
}

/** A client starts an instance; whatever held the id before is replaced. */
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

/** A turn of an orchestration: the messages it took, the events it adds, the tasks and messages it sends. */
export interface TurnRecord {
  k: 'turn';
  i: string;
  /** The time of the turn's marks. */
  at: string;
  /** In the order of history: numbers of messages, and timers that fired. */
  in: (number | HistoryEvent)[];
  /** Messages that were taken and left out of history. */
  drop: number[];
  /** Scheduled tasks, and the end. */
  ev: HistoryEvent[];
  /** Ids of its timers that fire before their time. */
  early?: number[];
  /** The run that follows when the orchestration continued as new: its whole history. */
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

/** Failed instances that are to run again. */
export interface RewindRecord {
  k: 'rewind';
  at: string;
  /** Each with its history without the failures, and the message that sets it going (absent: a child's end does). */
  instances: { i: string; history: HistoryEvent[]; m?: Message }[];
}

/** An instance that is ended before its first turn. */
export interface CancelRecord {
  k: 'cancel';
  i: string;
  at: string;
  reason: string | null;
}

/** Instances that are gone. */
export interface PurgeRecord {
  k: 'purge';
  i: string[];
}

/** An instance as it is, written by a checkpoint; replaces what is known of it. */
export interface CheckpointRecord {
  k: 'checkpoint';
  s: StoredInstance;
}

export type HubRecord =
  | StartRecord
  | MessageRecord
  | TurnRecord
  | EntityRecord
  | RewindRecord
  | CancelRecord
  | PurgeRecord
  | CheckpointRecord;

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
