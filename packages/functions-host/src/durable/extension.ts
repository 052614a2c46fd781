/** The durable engine as an extension of the host, with a client binding, a management API, a start and a stop. */
import type { HostJson } from '../config/hostJson.js';
import type { DurableExtension, ExtensionOptions } from '../extension.js';
import { createQuirks } from '../log/quirks.js';
import { Client } from './client/client.js';
import { Engine } from './engine/engine.js';
import { DurableFunctions } from './functions.js';
import { clientBindingText } from './management/links.js';
import { handleManagement } from './management/router.js';
import { durableSettings } from './settings.js';
import { openStore } from './store.js';
import { codeFinder } from './userCode.js';

/** Options for tests and benchmarks. */
export interface StoreOptions {
  /** Keeps nothing on disk. */
  readonly inMemory?: boolean;
  /** Timers fire up to a second early, as in Azure Storage. */
  readonly earlyTimers?: boolean;
}

/** Names of the storage connection in links, in host.json and in the app's settings. */
function connectionsOf(hostJson: HostJson): (name: string) => boolean {
  const provider = ['extensions', 'durableTask', 'storageProvider'];
  const configured = ['connectionName', 'connectionStringName'].map((key) => hostJson.get(...provider, key));
  const known = new Set(['storage', 'azurewebjobsstorage', ...configured.map((name) => String(name).toLowerCase())]);
  return (name) => {
    const settings = [name, `AzureWebJobs${name}`];
    return known.has(name.toLowerCase()) || settings.some((setting) => process.env[setting] !== undefined);
  };
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
  const hasConnection = connectionsOf(options.hostJson);
  const management = { client: new Client(engine), functions, links, quirks: createQuirks(log, strict), hasConnection };
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
