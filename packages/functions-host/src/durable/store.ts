/** The stored state of the durable engine: its journal, its archive and what they say. */
import path from 'node:path';

import type { HostLog } from '../log/log.js';
import { FileArchive } from '../store/archive.js';
import { openFileJournal } from '../store/fileJournal.js';
import { memoryJournal, type Journal } from '../store/journal.js';
import { TaskHub } from './hub/hub.js';
import type { HubRecord } from './hub/records.js';

/** What is open of a data folder. */
export interface Store {
  readonly hub: TaskHub;
  readonly journal: Journal;
  readonly archive: FileArchive | undefined;
}

/**
 * Opens the journal and the archive of a data folder, and reads the journal. If records of it are missing, it says so
 * and holds the archive's files.
 * @throws FolderLockedError, JournalDamagedError, ArchiveDamagedError
 */
export async function openStore(options: {
  readonly dataDir: string;
  readonly log: Pick<HostLog, 'warn' | 'error'>;
  /** Keeps nothing on disk. */
  readonly inMemory?: boolean;
}): Promise<Store> {
  if (options.inMemory === true) return { hub: new TaskHub(), journal: memoryJournal(), archive: undefined };
  const folder = path.join(options.dataDir, 'durable');
  const archive = new FileArchive(folder);
  const hub = new TaskHub(archive);
  const journal = await openFileJournal(folder, (payload, seq) => hub.apply(JSON.parse(payload) as HubRecord, seq), {
    file: path.join(options.dataDir, 'durable.count'),
    missing: async (text) => {
      await archive.hold();
      options.log.error(text);
    },
  });
  try {
    await archive.open(hub.archived.places());
    if (archive.heldCount > 0)
      options.log.warn(
        `Records of the journal were missing at a start, so ${archive.heldCount} files of the archive in ${folder} are kept ` +
          `as they are, needed or not. Delete ${archive.heldFile} if you do not put the records back, or have done so.`,
      );
    return { hub, journal, archive };
  } catch (error) {
    await journal.close();
    throw error;
  }
}
