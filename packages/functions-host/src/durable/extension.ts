/** The durable engine as an extension of the host, with a client binding, a management API, a start and a stop. */
import path from 'node:path';

import type { DurableExtension, ExtensionOptions } from '../extension.js';
import { FileArchive } from '../store/archive.js';
import { openFileJournal } from '../store/fileJournal.js';
import { memoryJournal, type Journal } from '../store/journal.js';
import { Client } from './client/client.js';
import { Engine } from './engine/engine.js';
import { DurableFunctions } from './functions.js';
import { TaskHub } from './hub/hub.js';
import type { HubRecord } from './hub/records.js';
import { clientBindingText } from './management/links.js';
import { handleManagement } from './management/router.js';
import { durableSettings } from './settings.js';
import { codeFinder } from './userCode.js';

/** Options for tests and benchmarks. */
export interface StoreOptions {
  /** Keeps nothing on disk. */
  readonly inMemory?: boolean;
  /** Timers fire up to a second early, as in Azure Storage. */
  readonly earlyTimers?: boolean;
}

/**
 * Opens the store of a data folder and creates its engine. Nothing runs before `start`.
 * @throws FolderLockedError, JournalDamagedError, ArchiveDamagedError, DurableSettingsError
 */
export async function createDurableExtension(options: ExtensionOptions & StoreOptions): Promise<DurableExtension> {
  const settings = durableSettings(options.hostJson, {
    earlyTimers: options.earlyTimers ?? process.env['DURABLE_TIMERS_EARLY'] === '1',
  });
  const { hub, journal, archive } = await openStore(options);
  const functions = new DurableFunctions(options.app);
  const { app, clock, log, strict } = options;
  const findCode = codeFinder(options.appDir);
  const engine = new Engine({ app, functions, settings, clock, log, strict, hub, journal, archive, findCode });
  const links = { hubName: settings.hubName, key: options.keys.durable };
  const management = { client: new Client(engine), functions, links };
  return {
    clientBinding: (binding) =>
      clientBindingText({ ...links, origin: options.baseUrl(), rpcBaseUrl: options.rpcBaseUrl() }, binding),
    handleHttp: (request) => handleManagement(management, request),
    start: () => {
      engine.start();
      return Promise.resolve();
    },
    stop: async () => {
      await engine.stop();
      await archive?.close();
      await journal.close();
    },
  };
}

interface Store {
  readonly hub: TaskHub;
  readonly journal: Journal;
  readonly archive: FileArchive | undefined;
}

async function openStore(options: ExtensionOptions & StoreOptions): Promise<Store> {
  if (options.inMemory === true) return { hub: new TaskHub(), journal: memoryJournal(), archive: undefined };
  const folder = path.join(options.dataDir, 'durable');
  const archive = new FileArchive(folder);
  const hub = new TaskHub(archive);
  const journal = await openFileJournal(folder, (payload, seq) => hub.apply(JSON.parse(payload) as HubRecord, seq), {
    file: path.join(options.dataDir, 'durable.count'),
    missing: (text) => options.log.error(text),
  });
  try {
    await archive.open(hub.archived.places());
    return { hub, journal, archive };
  } catch (error) {
    await journal.close();
    throw error;
  }
}
