/** The state of one instance, orchestration or entity. */
import type { HistoryEvent, ParentInstance } from '../history.js';
import { packedText, type PackedHistory } from './packedHistory.js';

/** Status names in status answers. */
export type RuntimeStatus =
  'Pending' | 'Running' | 'Suspended' | 'ContinuedAsNew' | 'Completed' | 'Failed' | 'Terminated' | 'Canceled';

/** Whether the status is final. */
export const isEnded = (status: RuntimeStatus): boolean =>
  status === 'Completed' || status === 'Failed' || status === 'Terminated' || status === 'Canceled';

/** A message that an instance has not handled yet. */
export interface Message {
  /** Its number in the journal; 0 for a fired timer, which has no record of its own. */
  n: number;
  /** The run that it is for; absent if it is for any run of the id. */
  x?: string;
  e: HistoryEvent;
  /** Earliest time of handling, ms. */
  due?: number;
}

/** A scheduled activity without an answer. */
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
  /** Requests that wait for the lock, as JSON texts. */
  queue: string[];
  lockedBy: string | null;
}

/** A row that a rewind would replace. */
export interface FailureRow {
  /** Its position in the history. */
  readonly at: number;
  /** Position of what was scheduled and failed; absent for the failure of the run itself. */
  readonly of?: number;
  /** Id of the child that failed. */
  readonly child?: string;
}

/** The earlier run of an instance whose rows reach farthest (earlierRun.ts). */
export interface EarlierRun {
  /** Position of its last OrchestratorStarted row. */
  readonly last: number;
  /** Rows before this position belong to a run between it and the current one. */
  readonly from: number;
  readonly failures: readonly FailureRow[];
}

/** One instance. The fields up to `entity` are persistent. */
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
  /** Whether this run has taken its first turn. */
  started: boolean;
  history: HistoryEvent[];
  /** The history of an ended instance, instead of `history`. */
  packed: PackedHistory | undefined;
  inbox: Message[];
  tasks: Map<number, PendingTask>;
  /** Timers that have not fired: id and ISO time. */
  timers: Map<number, string>;
  /** Those of them that fire early. */
  early?: number[];
  /** What is left of earlier runs of this id, for a rewind. */
  earlier?: EarlierRun;
  entity: EntityState | undefined;
  /** Number of the last journal record that changed it. */
  seq: number;
  /** A turn is in progress or requested. */
  busy: boolean;
  /** Keys of notices that were logged. */
  noted: Set<string> | undefined;
}

/** An orchestration may have an id like an entity's. Only an entity's name equals its id. */
export const isEntity = (instance: Pick<Instance, 'entity'>): boolean => instance.entity !== undefined;

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

/** The history, also of an ended instance. */
export const historyOf = (instance: Instance): HistoryEvent[] =>
  instance.packed === undefined ? instance.history : (JSON.parse(packedText(instance.packed)) as HistoryEvent[]);

/** What starts and queries need to know of an instance, wherever the rest of it is. */
export interface Outline {
  readonly status: RuntimeStatus;
  /** Milliseconds of a date. */
  readonly created: number;
  readonly generation: number | null;
  /** A child is visible from its first turn on. */
  readonly isVisible: boolean;
}

/** The outline of an instance in memory. */
export const outlineOf = ({ status, created, generation, started, parent }: Instance): Outline => ({
  status,
  created: Date.parse(created),
  generation,
  isVisible: started || parent === null,
});

/** The persistent state of an instance without its history. */
export interface StoredState extends Omit<
  Instance,
  'tasks' | 'timers' | 'history' | 'packed' | 'seq' | 'busy' | 'noted' | 'entity'
> {
  tasks: PendingTask[];
  timers: [number, string][];
  entity: EntityState | null;
}

/** An instance in a checkpoint. */
export interface StoredInstance extends StoredState {
  /** JSON text if the instance has ended. */
  history: HistoryEvent[] | string;
}

/** Converts an instance without its history. Fired timers are omitted; they fire again. */
export function storedState(instance: Instance): StoredState {
  const { tasks, timers, history, packed, seq, busy, noted, entity, inbox, ...rest } = instance;
  return {
    ...rest,
    inbox: inbox.filter((message) => message.n !== 0),
    tasks: [...tasks.values()],
    timers: [...timers],
    entity: entity ?? null,
  };
}

/** Converts an instance for a checkpoint. */
export function storedInstance(instance: Instance): StoredInstance {
  const { history, packed } = instance;
  return { ...storedState(instance), history: packed === undefined ? history : packedText(packed) };
}

/** Reverses storedInstance. */
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
