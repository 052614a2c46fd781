/** A journal in a folder of its own, which a test opens, damages and opens again. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openFileJournal } from '../../src/store/fileJournal.js';
import { headerLength } from '../../src/store/frame.js';
import type { Journal } from '../../src/store/journal.js';

/** Where the journal keeps the number of its records, and who is notified if some are missing. */
export type Counting = NonNullable<Parameters<typeof openFileJournal>[2]>;

export class JournalUnderTest {
  private constructor(readonly folder: string) {}

  static async create(): Promise<JournalUnderTest> {
    return new JournalUnderTest(await mkdtemp(path.join(tmpdir(), 'journal-')));
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Opens the journal; checks that records are numbered from 1 without a gap. */
  async open(counting?: Counting): Promise<{ journal: Journal; records: string[] }> {
    const records: string[] = [];
    const journal = await openFileJournal(
      this.folder,
      (payload, seq) => {
        records.push(payload);
        if (counting === undefined && seq !== records.length)
          throw new Error(`Record ${records.length} has the number ${seq}.`);
      },
      counting,
    );
    return { journal, records };
  }

  /** Opens the journal, appends records, each synced on its own, and closes it. */
  async write(payloads: readonly string[], counting?: Counting): Promise<void> {
    const { journal } = await this.open(counting);
    for (const payload of payloads) await journal.durable(journal.append(payload));
    await journal.close();
  }

  /** Opens the journal, closes it, and returns the records that it gave. */
  async read(counting?: Counting): Promise<string[]> {
    const { journal, records } = await this.open(counting);
    await journal.close();
    return records;
  }

  /** Names of the segment files, oldest first. */
  segments(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.startsWith('journal-'))
      .sort();
  }

  lastSegment(): string {
    return path.join(this.folder, this.segments().at(-1) ?? '');
  }
}

/** Length in bytes of a segment with these records, each synced on its own, without the marker of the last sync. */
export const lengthOf = (payloads: readonly string[]): number =>
  payloads.reduce((sum, payload) => sum + 2 * headerLength + Buffer.byteLength(payload), 0);
