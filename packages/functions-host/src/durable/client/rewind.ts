/**
 * Removes failures from a failed instance's history, and from its failed children's, so that the failed parts run again
 * (public source: Azure/durabletask, AzureTableTrackingStore.RewindHistoryAsync). Row by row, as there: what was
 * replaced before a row that the real host cannot find stays replaced.
 */
import { failuresIn, mistakenRun } from '../hub/earlierRun.js';
import type { TaskHub } from '../hub/hub.js';
import { historyOf, type EarlierRun, type FailureRow, type Message } from '../hub/instance.js';
import { EventType, type GenericEvent, type HistoryEvent } from '../history.js';
import type { RewindRecord, RewoundInstance } from '../hub/records.js';

/** An instance that does not run again, though the real host has accepted the request. */
export interface NotRun {
  readonly id: string;
  /**
   * What an earlier run of its id has left is taken for the current one; or it has not failed, but was terminated or
   * completed.
   */
  readonly because: 'earlier-run' | 'not-failed';
}

export interface Rewinding {
  readonly record: RewindRecord;
  /** The real host does not find a row, and refuses the request. */
  readonly isRefused: boolean;
  /** Absent if all that has failed runs again. */
  readonly notRun?: NotRun;
}

/** A row is not there, or no longer. */
class RowMissing extends Error {
  override readonly name = 'RowMissing';
}

/** Plans the rewind of an instance and of the children that caused its failures. */
export function planRewind(hub: TaskHub, instanceId: string, reason: string | null, at: string): Rewinding {
  const rewound = new Rewound(hub, reason, at);
  let isRefused = false;
  try {
    rewound.add(instanceId);
  } catch (error) {
    if (!(error instanceof RowMissing)) throw error;
    isRefused = true;
  }
  const instances = rewound.instances(isRefused);
  const stays = isRefused ? undefined : instances.find(({ instead }) => instead !== undefined);
  return {
    record: { k: 'rewind', at, instances },
    isRefused,
    ...(stays && { notRun: { id: stays.i, because: stays.earlier === undefined ? 'not-failed' : 'earlier-run' } }),
  };
}

interface Change {
  history?: HistoryEvent[];
  earlier?: EarlierRun;
  /** All of its rows were found. */
  isComplete: boolean;
  /** Whether a message starts it; otherwise its child's end does. */
  isLeaf: boolean;
  /** By its history. */
  hasEnded: boolean;
}

class Rewound {
  readonly #changes = new Map<string, Change>();

  constructor(
    private readonly hub: TaskHub,
    private readonly reason: string | null,
    private readonly at: string,
  ) {}

  /** @throws RowMissing */
  add(instanceId: string): void {
    if (this.#changes.has(instanceId)) return;
    const instance = this.hub.find(instanceId);
    if (instance === undefined) throw new RowMissing();
    const history = [...historyOf(instance)];
    const mistaken = mistakenRun(instance, history);
    if (mistaken === undefined && history.length === 0) throw new RowMissing();
    const change: Change = { isComplete: false, isLeaf: true, hasEnded: false };
    this.#changes.set(instanceId, change);
    if (mistaken === undefined) this.#replace(history, change);
    else this.#replaceEarlier(mistaken, change);
    change.isComplete = true;
    change.hasEnded = history.some((event) => event.EventType === EventType.ExecutionCompleted);
  }

  /** @param isRefused no message is sent then */
  instances(isRefused: boolean): RewoundInstance[] {
    return [...this.#changes].map(([i, { isComplete, isLeaf, hasEnded, ...change }]): RewoundInstance => {
      if (!isComplete) return { i, ...change, instead: 'stays' };
      const getsMessage = isLeaf && !isRefused;
      if (!hasEnded) return { i, ...change, ...(getsMessage ? { m: this.#message() } : {}) };
      // Its message is dropped, and shows the end again.
      return { i, ...change, instead: getsMessage ? 'stays' : 'shows-pending' };
    });
  }

  #replace(history: HistoryEvent[], change: Change): void {
    const replace = (at: number): void => {
      const event = history[at];
      if (event === undefined) return;
      history[at] = generic(event, null);
      change.history = history;
    };
    for (const row of failuresIn(history)) {
      this.#cause(row, 0, change);
      if (row.of !== undefined && row.child === undefined) replace(row.of);
      replace(row.at);
    }
  }

  /** The current run's history stays as it is. */
  #replaceEarlier(run: EarlierRun, change: Change): void {
    const left = run.failures.filter(({ at }) => at >= run.from);
    while (left[0] !== undefined) {
      change.earlier = { ...run, failures: [...left] };
      this.#cause(left[0], run.from, change);
      left.shift();
    }
    change.earlier = { ...run, failures: [] };
  }

  /**
   * Rewinds the child that failed, if one did.
   * @param from position of the first row that is still there
   */
  #cause({ of, child }: FailureRow, from: number, change: Change): void {
    if (of === undefined) return;
    if (of < from) throw new RowMissing();
    if (child === undefined) return;
    change.isLeaf = false;
    this.add(child);
  }

  #message(): Message {
    const e = generic({ EventId: -1, IsPlayed: false, Timestamp: this.at }, this.reason);
    return { n: this.hub.nextMessageNumber(), e };
  }
}

/** Replays ignore it; its position in the history stays. */
const generic = (
  event: Pick<HistoryEvent, 'EventId' | 'IsPlayed' | 'Timestamp'>,
  data: string | null,
): GenericEvent => ({
  EventType: EventType.GenericEvent,
  Data: data,
  EventId: event.EventId,
  IsPlayed: event.IsPlayed,
  Timestamp: event.Timestamp,
});
