import { closeSync, fdatasync, fstatSync, openSync, renameSync, rmSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { AppendedFile, writeAll } from '@connected-registry/clock/files/appendedFile';

/** Records a change; undefined means that the item was deleted. */
export type Note = (key: string, stored: unknown) => void;

/** A list of items that a store keeps. */
export interface Keeps {
  /** From now on every change is passed to `note`, in order. */
  watch(note: Note): void;
  entries(): Iterable<[key: string, stored: unknown]>;
  /** Restores a recorded change. */
  restore(key: string, stored: unknown): void;
}

/** The contents of a file. */
export interface Contents {
  /** Increased with every change of the lines' meaning. */
  format: number;
  /** Constant facts, on the first line. */
  facts: Record<string, unknown>;
  /** All current lists. Lists that others are parts of come first. */
  tables(): Iterable<[name: string, list: Keeps]>;
  /** A list by name, while a file is read; undefined if its parent no longer exists. */
  table(name: string): Keeps | undefined;
}

/** Size in bytes, and multiple of the needed size, up to which a file may grow before it is rewritten. */
const SMALL = 4 * 1024 * 1024;
const GROWTH = 3;
/** Bytes that are assembled before the process returns to requests. */
const SLICE = 32 * 1024;

/** The facts of a file that has none. */
export const noFacts = z.object({});

const synced = promisify(fdatasync);

const header = z.looseObject({ format: z.number() });
/** The name of a list, the key of an item and the item itself, which a deletion does not have. */
const change = z.tuple([z.string(), z.string()], z.unknown());

/**
 * Keeps lists in a file of lines: a first one with facts, then a line for each change. After {@link Store.commit} has
 * returned, the changes are with the operating system, so that they survive the end of this process, though not a crash
 * of the machine. When most lines are obsolete, a new file is written in slices between requests, and then replaces the
 * old one.
 */
export class Store {
  readonly #file: string;
  readonly #contents: Contents;
  /** The first line. */
  readonly #header: string;
  readonly #log: (message: string) => void;
  #appended: AppendedFile;
  #live: number;
  #pending: string[] = [];
  #watched = new WeakSet<Keeps>();
  /** Lines written since a rewrite started, which the new file also needs. */
  #since: string[] | undefined;
  #rewriting: Promise<void> | undefined;
  #again = false;
  #soon: NodeJS.Immediate | undefined;

  private constructor(
    file: string,
    contents: Contents,
    log: (message: string) => void,
    { appended, facts }: { appended: AppendedFile; facts: Record<string, unknown> },
  ) {
    this.#file = file;
    this.#contents = contents;
    // A later version of the same format may have facts that this one does not know.
    this.#header = `${JSON.stringify({ ...facts, format: contents.format, ...contents.facts })}\n`;
    this.#log = log;
    this.#appended = appended;
    this.#live = appended.length;
    if (appended.length === 0) this.#pending.push(this.#header);
  }

  /**
   * The facts on the first line; undefined if the file does not exist.
   *
   * @throws if it has another format, or the facts are not those of `schema`
   */
  static async facts<T>(file: string, format: number, schema: z.ZodType<T>): Promise<T | undefined> {
    const text = await readIfThere(file);
    if (text === undefined || !text.includes('\n')) return undefined;
    const first = text.slice(0, text.indexOf('\n'));
    const { format: found, ...facts } = undamaged(file, () => header.parse(JSON.parse(first)));
    if (found !== format) throw new Error(`${file} is of another version; start with --reset to empty the data folder`);
    return undamaged(file, () => schema.parse(facts));
  }

  /**
   * Restores the file into `contents`, and records their changes from then on. A missing file is created from
   * `contents`.
   *
   * @param log called for a write that failed outside of any request
   * @throws if the file is damaged
   */
  static async open(file: string, contents: Contents, log: (message: string) => void): Promise<Store> {
    // Remove the incomplete file of a process that ended during a rewrite; the file itself is complete.
    await rm(`${file}.new`, { force: true });
    const text = (await readIfThere(file)) ?? '';
    const end = text.lastIndexOf('\n') + 1;
    const [first, ...lines] = text.slice(0, end).split('\n').slice(0, -1);
    const facts = first === undefined ? {} : undamaged(file, () => header.parse(JSON.parse(first)));
    for (const line of lines) {
      undamaged(file, () => {
        const [name, key, stored] = change.parse(JSON.parse(line));
        contents.table(name)?.restore(key, stored);
      });
    }
    const descriptor = openSync(file, 'a', 0o600);
    const appended = new AppendedFile(descriptor, fstatSync(descriptor).size);
    // A line that was cut off belongs to a request that was not answered.
    if (end < text.length) appended.cutTo(Buffer.byteLength(text.slice(0, end)));
    const store = new Store(file, contents, log, { appended, facts });
    store.#watchAll(end === 0);
    store.commit();
    return store;
  }

  /** Schedules a write of changes that were made outside of any request. */
  changed(_urgency?: 'soon' | 'later'): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      try {
        this.commit();
      } catch (error) {
        this.#log(`Changes are not written yet: ${messageOf(error)}`);
      }
    });
  }

  /**
   * Writes all changes so far. If the disk is full, none of them is written, and the next commit tries them again
   * first.
   *
   * @throws the system's error, with the file's name
   */
  commit(): void {
    if (this.#pending.length === 0) return;
    const text = this.#pending.join('');
    try {
      this.#appended.append(text);
    } catch (cause) {
      throw new Error(`${this.#file} cannot be written: ${messageOf(cause)}`, { cause });
    }
    this.#since?.push(text);
    this.#pending = [];
    if (this.#appended.length > Math.max(SMALL, this.#live * GROWTH)) this.rewrite();
  }

  /** Rewrites the file without deleted items. */
  rewrite(): void {
    if (this.#rewriting) {
      this.#again = true;
      return;
    }
    this.#rewriting = this.#rewrite()
      .catch((error: unknown) => {
        this.#log(`${this.#file} could not be rewritten: ${messageOf(error)}`);
        // Do not retry at every change while the disk is full.
        this.#live = this.#appended.length;
      })
      .finally(() => {
        this.#rewriting = undefined;
        if (this.#again) this.rewrite();
      });
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    await this.#untilRewritten();
    try {
      this.commit();
      await this.#untilRewritten();
    } finally {
      closeSync(this.#appended.descriptor);
    }
  }

  /** Waits until no rewrite is in progress; one may have requested another. */
  async #untilRewritten(): Promise<void> {
    let running: Promise<void> | undefined;
    while ((running = this.#rewriting)) await running;
  }

  async #rewrite(): Promise<void> {
    this.#again = false;
    this.commit();
    this.#since = [];
    const temporary = `${this.#file}.new`;
    const descriptor = openSync(temporary, 'w', 0o600);
    let written = 0;
    try {
      for await (const slice of this.#slices()) written += writeAll(descriptor, slice);
      await synced(descriptor);
      // From here to the end no other code runs, so that no line is lost between the two files.
      written += writeAll(descriptor, this.#since.join(''));
      renameSync(temporary, this.#file);
    } catch (error) {
      closeSync(descriptor);
      // An incomplete file only wastes space.
      rmSync(temporary, { force: true });
      throw error;
    } finally {
      this.#since = undefined;
    }
    closeSync(this.#appended.descriptor);
    this.#appended = new AppendedFile(descriptor, written);
    this.#live = written;
  }

  async *#slices(): AsyncGenerator<string> {
    let slice = this.#header;
    for (const [name, list] of this.#contents.tables()) {
      for (const [key, stored] of list.entries()) {
        slice += lineOf(name, key, stored);
        if (slice.length < SLICE) continue;
        yield slice;
        slice = '';
        await turn();
      }
    }
    yield slice;
  }

  /** @param all also records existing items, which are not in the file */
  #watchAll(all: boolean): void {
    for (const [name, list] of this.#contents.tables()) {
      if (this.#watched.has(list)) continue;
      this.#watched.add(list);
      list.watch((key, stored) => {
        this.#pending.push(lineOf(name, key, stored));
        // The new item may have its own lists.
        if (stored !== undefined) this.#watchAll(true);
      });
      if (all) for (const [key, stored] of list.entries()) this.#pending.push(lineOf(name, key, stored));
    }
  }
}

function lineOf(name: string, key: string, stored: unknown): string {
  return `${JSON.stringify(stored === undefined ? [name, key] : [name, key, stored])}\n`;
}

/** Reads a part of a file. @throws an error that names the file if it cannot be read */
function undamaged<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file} is damaged; start with --reset to empty the data folder`, { cause: error });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
