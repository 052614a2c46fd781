/**
 * Keeps finished instances out of memory: moves them into the archive, a few at a time, and copies what is still needed
 * out of files that are mostly unused. The journal gets the place of an instance only once the instance is on disk
 * there.
 */
import type { FileArchive } from '../../store/archive.js';
import { archiveForm } from '../hub/archiveForm.js';
import { entryOf, type ArchivedInstance } from '../hub/archivedInstances.js';
import type { TaskHub } from '../hub/hub.js';
import { outlineOf, type Instance } from '../hub/instance.js';
import type { ArchiveEntry, ArchiveRecord } from '../hub/records.js';

/** Limits, which tests lower. */
export interface ArchiverLimits {
  /** Finished instances that stay in memory: their callers still ask for them. */
  readonly recent: number;
  /** Instances that share a sync. While they are packed, nothing else runs. */
  readonly atATime: number;
  /** Bytes that are read at once of a file that is replaced. */
  readonly copied: number;
  /** Length up to which a file is not replaced, however little of it is used. */
  readonly smallest: number;
}

const defaultLimits: ArchiverLimits = { recent: 100, atATime: 20, copied: 1024 * 1024, smallest: 1024 * 1024 };

/** What the archiver works with. */
export interface ArchiverInit {
  readonly hub: TaskHub;
  readonly archive: FileArchive;
  /** Records a change of the hub. */
  readonly commit: (record: ArchiveRecord) => void;
  /** Resolves when all changes so far are on disk. */
  readonly written: () => Promise<void>;
  readonly failed: (error: Error) => void;
}

/** Moves the finished instances of a task hub. */
export class Archiver {
  readonly #init: ArchiverInit;
  readonly #limits: ArchiverLimits;
  /** Number of finished instances in memory from which some are moved. */
  #due: number;
  /** Files that could not be replaced. They stay until `retry` or the next start. */
  readonly #kept = new Set<number>();
  #isWorking = false;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(init: ArchiverInit, limits: ArchiverLimits = defaultLimits) {
    this.#init = init;
    this.#limits = limits;
    this.#due = limits.recent + limits.atATime;
  }

  /** Starts to work if there is something to do. */
  look(): void {
    if (this.#isWorking || this.#stopped || !this.#isDue()) return;
    this.#isWorking = true;
    this.#running = this.#work();
  }

  /** Tries again what has failed, because the disk has space again. */
  retry(): void {
    this.#due = this.#limits.recent + this.#limits.atATime;
    this.#kept.clear();
    this.look();
  }

  /** Abandons what it does. It continues after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  #isDue(): boolean {
    return this.#init.hub.ended.size >= this.#due || this.#wasteful() !== undefined;
  }

  async #work(): Promise<void> {
    // Nothing may come between the last look and the end, or it would wait for the next change.
    while (!this.#stopped && this.#isDue()) await this.#workOnce();
    this.#isWorking = false;
  }

  async #workOnce(): Promise<void> {
    const { hub, failed } = this.#init;
    const { recent, atATime } = this.#limits;
    if (hub.ended.size >= this.#due)
      try {
        await this.#move(hub.ended.oldest(Math.min(atATime, hub.ended.size - recent)));
        this.#due = recent + atATime;
      } catch (error) {
        // They stay in memory and in the journal until there are many more.
        this.#due = hub.ended.size * 2;
        failed(asError(error));
      }
    const number = this.#wasteful();
    if (number === undefined) return;
    try {
      await this.#replace(number);
    } catch (error) {
      this.#kept.add(number);
      failed(asError(error));
    }
  }

  async #move(instances: readonly Instance[]): Promise<void> {
    const { hub, archive, commit } = this.#init;
    const seqs = instances.map(({ seq }) => seq);
    const places = await archive.append(instances.map(archiveForm));
    // In the meantime it may have been purged, replaced or rewound.
    const entries = instances.flatMap((instance, index): ArchiveEntry[] => {
      const place = places[index];
      const isSame = hub.instances.get(instance.id) === instance && instance.seq === seqs[index];
      return isSame && place !== undefined ? [entryOf(instance.id, outlineOf(instance), place)] : [];
    });
    if (entries.length > 0) commit({ k: 'archive', e: entries });
  }

  /** A file of the archive of which less than half is used. */
  #wasteful(): number | undefined {
    const { hub, archive } = this.#init;
    for (const [number, length] of archive.sizes())
      if (length > this.#limits.smallest && hub.archived.used(number) * 2 < length && this.#mayReplace(number))
        return number;
    return undefined;
  }

  #mayReplace(number: number): boolean {
    return !this.#kept.has(number) && !this.#init.archive.isHeld(number);
  }

  /** Copies what is used of a file, and removes it when the journal on disk no longer refers to it. */
  async #replace(number: number): Promise<void> {
    const { hub, archive, written } = this.#init;
    archive.seal(number);
    let group: ArchivedInstance[] = [];
    let bytes = 0;
    for (const instance of hub.archived.in(number)) {
      if (this.#stopped) return;
      group.push(instance);
      bytes += instance.length;
      if (bytes < this.#limits.copied) continue;
      await this.#copy(group);
      group = [];
      bytes = 0;
    }
    if (group.length > 0) await this.#copy(group);
    await written();
    if (!this.#stopped) await archive.remove(number);
  }

  async #copy(group: readonly ArchivedInstance[]): Promise<void> {
    const { hub, archive, commit } = this.#init;
    // Before and during the copy it may have been purged, replaced or taken out.
    const isPresent = (instance: ArchivedInstance): boolean => hub.archived.get(instance.id) === instance;
    const present = group.filter(isPresent);
    const places = await archive.append(present.map((instance) => archive.read(instance)));
    const entries = present.flatMap((instance, index): ArchiveEntry[] => {
      const place = places[index];
      return isPresent(instance) && place !== undefined ? [entryOf(instance.id, instance, place)] : [];
    });
    if (entries.length > 0) commit({ k: 'archive', e: entries });
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
