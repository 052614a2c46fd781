import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Milliseconds of real time between a change and its being on disk. */
const SOON = 50;
/** For changes that come every second and matter little, such as a connected registry's last sync. */
const LATER = 5_000;

/** Reads a file's JSON; undefined when there is no such file. @throws when it is not JSON. */
export async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not readable as JSON; start with --reset to begin anew`, { cause: error });
  }
}

/** Replaces a file as a whole, for the owner's eyes only: readers see the old or the new one, never a half. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(value));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/** Keeps a file up with a value in memory, some milliseconds behind it. */
export class Snapshot {
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;
  #writing: Promise<void> = Promise.resolve();
  #dirty = false;
  /** Milliseconds that the last write took: a large state is written less often. */
  #took = 0;

  /** @param log told about a write that failed; the next change tries again. */
  constructor(
    readonly file: string,
    readonly value: () => unknown,
    readonly log: (message: string) => void,
  ) {}

  changed(urgency: 'soon' | 'later' = 'soon'): void {
    this.#dirty = true;
    const due = Date.now() + (urgency === 'soon' ? Math.max(SOON, this.#took * 10) : LATER);
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => void this.flush(), due - Date.now());
  }

  /** Resolves when everything changed so far is on disk, or its write has failed and been logged. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = Infinity;
    this.#writing = this.#writing.then(async () => {
      if (!this.#dirty) return;
      this.#dirty = false;
      const started = performance.now();
      try {
        await writeJson(this.file, this.value());
        this.#took = performance.now() - started;
      } catch (error) {
        this.#dirty = true;
        this.log(`could not write ${this.file}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    return this.#writing;
  }
}
