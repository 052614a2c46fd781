/**
 * The number of records of a journal, kept beside its folder, because a truncated or missing journal looks complete.
 * The count is written after the records are on disk, so that it never exceeds their number.
 */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';

/** The contents of a count. */
export interface Counted {
  /** Number of the last record that was on disk. */
  readonly seq: number;
  /** Number of the oldest segment that is needed. */
  readonly oldest: number;
}

/** Characters of a count's line, so that a shorter one overwrites a longer one completely. */
const width = 64;

/** Reads and writes the count. */
export class JournalCount {
  readonly #file: string;
  #descriptor: number | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The count; undefined if there is none or it is unreadable. */
  read(): Counted | undefined {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      return undefined;
    }
    const [, seq, oldest] = /^records (\d+) from segment (\d+) *\n/.exec(text) ?? [];
    return seq === undefined || oldest === undefined ? undefined : { seq: Number(seq), oldest: Number(oldest) };
  }

  /**
   * Writes the count without a sync: after a crash of the machine an old count only detects less.
   * @throws the system's error
   */
  write({ seq, oldest }: Counted): void {
    this.#descriptor ??= openSync(this.#file, constants.O_RDWR | constants.O_CREAT, 0o600);
    const line = `records ${seq} from segment ${oldest}`.padEnd(width - 1);
    writeSync(this.#descriptor, `${line}\n`, 0);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/**
 * Describes what is missing of a journal according to its count; undefined if nothing is.
 * @param found number of the last record that was read, and the oldest existing segment
 */
export function missingOf(
  folder: string,
  counted: Counted | undefined,
  found: { readonly seq: number; readonly oldest: number | undefined },
): string | undefined {
  if (counted === undefined || counted.seq === 0) return undefined;
  const from = found.oldest === undefined ? 'none' : `segment ${found.oldest} on`;
  if (found.seq >= counted.seq && (found.oldest ?? counted.oldest) <= counted.oldest) return undefined;
  const what =
    found.seq >= counted.seq
      ? `segments ${counted.oldest} to ${(found.oldest ?? 0) - 1} are missing, and with them what the later ones do not repeat`
      : found.seq === 0
        ? `all ${counted.seq} records are missing`
        : `the last ${counted.seq - found.seq} of ${counted.seq} records are missing`;
  return (
    `The journal in ${folder} is not complete: ${what} (there is ${from}). It was truncated or removed while no host was running. ` +
    'The host goes on with what is there: orchestrations, entities and messages of the missing records are as if they had ' +
    'never been. Put a copy of the folder in its place to have them back. Until then no file of the archive is deleted.'
  );
}
