/** What the host knows of one instance, orchestration or entity. */
import type { HistoryEvent, ParentInstance } from '../history.js';
import { packedText, type PackedHistory } from './pastHistories.js';

/** As status answers name them. */
export type RuntimeStatus =
  'Pending' | 'Running' | 'Suspended' | 'ContinuedAsNew' | 'Completed' | 'Failed' | 'Terminated' | 'Canceled';

/** Whether an instance with this status has come to its end. */
export const isEnded = (status: RuntimeStatus): boolean =>
  status === 'Completed' || status === 'Failed' || status === 'Terminated' || status === 'Canceled';

/** Something that an instance has still to deal with. */
export interface Message {
  /** Its number in the journal; 0 for a fired timer, which stands in no record of its own. */
  n: number;
  /** The run that it is meant for; absent: whichever holds the id. */
  x?: string;
  e: HistoryEvent;
  /** Not before this time, ms. */
  due?: number;
}

/** An activity that has been scheduled and not been answered. */
export interface PendingTask {
  id: number;
  name: string;
  /** JSON text. */
  input: string | null;
}

/** State of an entity. */
export interface EntityState {
  exists: boolean;
  /** JSON text. */
  state: string | null;
  /** Requests that wait for a lock to be given back, as JSON texts. */
  queue: string[];
  lockedBy: string | null;
}

/** One instance. Everything up to `entity` is persistent. */
export interface Instance {
  id: string;
  executionId: string;
  name: string;
  version: string | null;
  status: RuntimeStatus;
  /** JSON texts. */
  input: string | null;
  output: string | null;
  customStatus: string | null;
  /** ISO times. */
  created: string;
  updated: string;
  generation: number | null;
  parent: ParentInstance | null;
  suspended: boolean;
  /** Whether the first turn of this run has been taken. */
  started: boolean;
  history: HistoryEvent[];
  /** The history of an ended instance, in place of `history`. */
  packed: PackedHistory | undefined;
  inbox: Message[];
  tasks: Map<number, PendingTask>;
  /** Timers that have not fired: id and ISO time. */
  timers: Map<number, string>;
  /** Those of them that fire before their time. */
  early?: number[];
  entity: EntityState | undefined;
  /** Number of the last journal record that changed it. */
  seq: number;
  /** A turn is under way or asked for. */
  busy: boolean;
  /** Keys of notices that were logged. */
  noted: Set<string> | undefined;
}

/** An instance before its first turn. */
export function newInstance(init: {
  id: string;
  executionId: string;
  name: string;
  version: string | null;
  input: string | null;
  created: string;
  generation: number | null;
  parent: ParentInstance | null;
}): Instance {
  return {
    ...init,
    status: 'Pending',
    output: null,
    customStatus: null,
    updated: init.created,
    suspended: false,
    started: false,
    history: [],
    packed: undefined,
    inbox: [],
    tasks: new Map(),
    timers: new Map(),
    entity: undefined,
    seq: 0,
    busy: false,
    noted: undefined,
  };
}

/** The history, of an ended instance too. */
export const historyOf = (instance: Instance): HistoryEvent[] =>
  instance.packed === undefined ? instance.history : (JSON.parse(packedText(instance.packed)) as HistoryEvent[]);

/** The form of an instance in a checkpoint. */
export interface StoredInstance extends Omit<
  Instance,
  'tasks' | 'timers' | 'history' | 'packed' | 'seq' | 'busy' | 'noted' | 'entity'
> {
  /** JSON text when the instance has ended. */
  history: HistoryEvent[] | string;
  tasks: PendingTask[];
  timers: [number, string][];
  entity: EntityState | null;
}

/** For a checkpoint; fired timers are left out, they fire again. */
export function storedInstance(instance: Instance): StoredInstance {
  const { tasks, timers, history, packed, seq, busy, noted, entity, inbox, ...rest } = instance;
  return {
    ...rest,
    inbox: inbox.filter((message) => message.n !== 0),
    history: packed === undefined ? history : packedText(packed),
    tasks: [...tasks.values()],
    timers: [...timers],
    entity: entity ?? null,
  };
}

/** The reverse of storedInstance. */
export function restoredInstance(stored: StoredInstance, seq: number): Instance {
  const { tasks, timers, history, entity, ...rest } = stored;
  return {
    ...rest,
    history: typeof history === 'string' ? [] : history,
    packed: typeof history === 'string' ? history : undefined,
    tasks: new Map(tasks.map((task) => [task.id, task])),
    timers: new Map(timers),
    entity: entity ?? undefined,
    seq,
    busy: false,
    noted: undefined,
  };
}
