/**
 * Keeps the journal short. When it has grown, a new segment is opened and every instance is written to it, a few at a
 * time between other records. Then the old segments are deleted. A start in between reads both.
 */
import type { TaskHub } from '../hub/hub.js';
import { storedInstance } from '../hub/instance.js';
import type { CheckpointRecord } from '../hub/records.js';
import type { Journal } from '../../store/journal.js';

const smallestLength = 32 * 1024 * 1024;
const growth = 4;
const instancesAtATime = 100;

/** Writes the checkpoints of a task hub. */
export class Checkpoints {
  readonly #hub: TaskHub;
  readonly #journal: Journal;
  readonly #failed: (error: Error) => void;
  #limit: number;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(hub: TaskHub, journal: Journal, failed: (error: Error) => void, limit = smallestLength) {
    this.#hub = hub;
    this.#journal = journal;
    this.#failed = failed;
    this.#limit = limit;
  }

  /** Starts a checkpoint if one is due. */
  look(): void {
    if (this.#journal.bytes < this.#limit || this.#running !== undefined || this.#stopped) return;
    this.#running = this.#write()
      .catch((error: unknown) => {
        this.#failed(error instanceof Error ? error : new Error(String(error)));
        this.#limit = this.#journal.bytes * 2;
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Abandons a checkpoint that is in progress. Both segments stay. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #write(): Promise<void> {
    await this.#journal.rotate();
    const ids = [...this.#hub.instances.keys()];
    for (let begin = 0; begin < ids.length; begin += instancesAtATime) {
      if (this.#stopped && begin > 0) return;
      let seq = 0;
      for (const id of ids.slice(begin, begin + instancesAtATime)) {
        const instance = this.#hub.instances.get(id);
        if (instance === undefined) continue;
        const record: CheckpointRecord = { k: 'checkpoint', s: storedInstance(instance) };
        seq = this.#journal.append(JSON.stringify(record));
      }
      await this.#journal.confirmed(seq);
    }
    await this.#journal.dropOldSegments();
    this.#limit = Math.max(smallestLength, this.#journal.bytes * growth);
  }
}
