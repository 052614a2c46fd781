/**
 * Keeps the journal short. When it has grown, a new segment is opened and every instance is written to it, a few at a
 * time between other records: its state, or its place in the archive. Then the old segments are deleted. A start in
 * between reads both.
 */
import type { TaskHub } from '../hub/hub.js';
import type { ArchivedInstance } from '../hub/archivedInstances.js';
import { storedInstance } from '../hub/instance.js';
import type { ArchiveEntry, ArchiveRecord, CheckpointRecord } from '../hub/records.js';
import { idOf, type Listed } from '../hub/sortedIds.js';
import type { Journal } from '../../store/journal.js';

const smallestLength = 32 * 1024 * 1024;
/**
 * How many times its length after a checkpoint the journal has at the next one: what is in progress, and the index of
 * the archive. A start reads all of the index, which grows for as long as nothing is purged.
 */
const growth = { inProgress: 4, index: 2 };
const instancesAtATime = 100;
const entriesAtATime = 2000;

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
    const ids = this.#hub.ids.all();
    let index = 0;
    for (let next = 0; next < ids.length;) {
      if (this.#stopped && next > 0) return;
      const { after, seq, indexed } = this.#writeSome(ids, next);
      next = after;
      index += indexed;
      await this.#journal.confirmed(seq);
    }
    await this.#journal.dropOldSegments();
    const inProgress = this.#journal.bytes - index;
    this.#limit = Math.max(smallestLength, inProgress * growth.inProgress + index * growth.index);
  }

  /**
   * Writes instances as they are now, from an index of the ids on.
   * @returns the index that follows, the number of the last record, and the bytes of archived instances
   */
  #writeSome(ids: readonly Listed<ArchivedInstance>[], from: number): { after: number; seq: number; indexed: number } {
    const entries: ArchiveEntry[] = [];
    let written = 0;
    let seq = 0;
    let next = from;
    for (; next < ids.length && written < instancesAtATime && entries.length < entriesAtATime; next += 1) {
      const id = idOf(ids[next] ?? '');
      const instance = this.#hub.instances.get(id);
      const archived = this.#hub.archived.get(id);
      if (archived !== undefined) entries.push(archived.entry);
      if (instance === undefined) continue;
      const record: CheckpointRecord = { k: 'checkpoint', s: storedInstance(instance) };
      seq = this.#journal.append(JSON.stringify(record));
      written += 1;
    }
    if (entries.length === 0) return { after: next, seq, indexed: 0 };
    const record: ArchiveRecord = { k: 'archive', e: entries };
    const text = JSON.stringify(record);
    return { after: next, seq: this.#journal.append(text), indexed: text.length };
  }
}
