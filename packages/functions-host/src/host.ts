/** The local Functions host in this process: loads an app, serves its triggers, and stops in order. */
import path from 'node:path';

import { systemClock, type HostClock } from './hostClock.js';
import { logLevelRules, readHostJson } from './config/hostJson.js';
import { applyEnvironment, readLocalSettings } from './config/localSettings.js';
import type { DurableOptions } from './durableHosting.js';
import { endInOrder } from './ending.js';
import { empty, type Answer } from './http/answer.js';
import { defaultBodyLimit, type Incoming } from './http/incoming.js';
import { loadKeys, type HostKeys } from './http/keys.js';
import { listen } from './http/listener.js';
import type { FunctionIndex } from './indexing.js';
import { streamSink } from './log/consoleSink.js';
import { createLog, type HostLog, type LogEntry } from './log/log.js';
import { serveApp } from './serving.js';

export interface HostOptions {
  /** The folder with host.json and package.json, whose `main` names the compiled app. */
  readonly appDir: string;
  /** 0 takes a free port; the default is the one in local.settings.json, else 7071. */
  readonly port?: number;
  /** The folder for keys, timers' statuses and the durable journal. It is created if it does not exist. */
  readonly dataDir: string;
  /** Turns cases in which the real host fails silently into errors. */
  readonly strict?: boolean;
  readonly clock?: HostClock;
  /** Receives the log's entries; default: standard error. */
  readonly logSink?: (entry: LogEntry) => void;
  /** Where the app's settings are read and written; default: the process's environment. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds for running work to end when the host stops, before it is cut off. Default 10 000. */
  readonly drainWithin?: number;
  readonly durable?: DurableOptions;
}

export interface RunningHost {
  /** `http://localhost:N`. */
  readonly url: string;
  readonly port: number;
  readonly keys: HostKeys;
  readonly log: HostLog;
  readonly index: FunctionIndex;
  /** Names and addresses, in Core Tools' form. */
  readonly functionList: string;
  /** Fails what runs, as the end of the real host's worker process does. Returns the number of invocations. */
  failRunning(): number;
  /** Finishes running requests, then stops triggers, durable engine and app. Further calls wait for the same end. */
  stop(): Promise<void>;
}

/**
 * Starts a host. Resolves when it serves.
 * @throws Error with a message for users: unreadable configuration, a taken port, an app that does not load, malformed
 * routes
 */
export async function startHostInProcess(options: HostOptions): Promise<RunningHost> {
  const environment = options.environment ?? process.env;
  const settings = await readLocalSettings(options.appDir);
  const skipped = applyEnvironment(settings, environment);
  const hostJson = await readHostJson(options.appDir, environment);
  const clock = options.clock ?? systemClock();
  const log = createLog({
    rules: logLevelRules(hostJson),
    sink: options.logSink ?? streamSink(process.stderr),
    now: () => clock.now(),
    category: 'Host.Startup',
  });
  for (const warning of settings.warnings) log.warn(warning);
  for (const name of skipped)
    log.warn(`Skipping '${name}' from local settings as it's already defined in current environment variables.`);

  const dataDir = path.resolve(options.dataDir);
  const appDir = path.resolve(options.appDir);
  const keys = await loadKeys(dataDir);
  // The app needs its own address while it loads, so the server listens first. Requests wait until the app is loaded.
  const ready = withResolvers<(request: Incoming) => Promise<Answer>>();
  const web = await listen({
    port: options.port ?? settings.port ?? 7071,
    bodyLimit: Number(environment['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? defaultBodyLimit) || defaultBodyLimit,
    log,
    handle: async (request) => (await ready.promise)(request),
  });
  const url = `http://localhost:${web.port}`;
  describeSite(environment, web.port, appDir);
  const drainWithin = options.drainWithin ?? 10_000;
  const closeWeb = (): Promise<void> => web.close(drainWithin);
  try {
    const strict = options.strict === true;
    const { durable = {} } = options;
    const shared = { appDir, dataDir, strict, environment, hostJson, log, clock, keys, settings, durable };
    const serving = await serveApp({ ...shared, baseUrl: () => url });
    ready.resolve((request) => serving.handle(request));
    let stopping: Promise<void> | undefined;
    const { index, functionList } = serving;
    return {
      url,
      port: web.port,
      keys,
      log,
      index,
      functionList,
      failRunning: () => serving.failRunning(),
      stop: () => {
        serving.announceStop();
        stopping ??= endInOrder([closeWeb, ...serving.ends], drainWithin + 1_000, log);
        return stopping;
      },
    };
  } catch (error) {
    ready.resolve(() => Promise.resolve(empty(503)));
    await closeWeb();
    throw error;
  }
}

/** Variables that tell an app and its SDKs where they run. Core Tools sets the same ones. */
function describeSite(environment: NodeJS.ProcessEnv, port: number, appDir: string): void {
  environment['WEBSITE_HOSTNAME'] = `localhost:${port}`;
  environment['AZURE_FUNCTIONS_ENVIRONMENT'] = 'Development';
  environment['AzureWebJobsScriptRoot'] = appDir;
  environment['FUNCTIONS_CORETOOLS_ENVIRONMENT'] = 'true';
  environment['FUNCTIONS_WORKER_RUNTIME'] ??= 'node';
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
