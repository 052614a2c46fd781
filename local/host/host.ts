/** The local Functions host, in this process: loads an app, serves its triggers, stops in order. */
import path from 'node:path';

import { systemClock, type HostClock } from './clock.js';
import { logLevelRules, readHostJson, textSetting, type HostJson } from './config/hostJson.js';
import { isJsonObject } from './config/jsonWithComments.js';
import { applyEnvironment, readLocalSettings } from './config/localSettings.js';
import { createDurableExtension } from './durableLoader.js';
import type { DurableExtension, ExtensionOptions } from './extension.js';
import { functionList } from './functionList.js';
import type { Answer } from './http/answer.js';
import { corsFor } from './http/cors.js';
import { dispatch, durableAnswer, type DispatchOptions } from './http/dispatch.js';
import { empty } from './http/answer.js';
import { defaultBodyLimit, type Incoming } from './http/incoming.js';
import { loadKeys, type HostKeys } from './http/keys.js';
import { listen, type Listener } from './http/listener.js';
import { routesOf, shadowedRoutes } from './http/routes.js';
import { indexFunctions, type FunctionIndex } from './indexing.js';
import { streamSink } from './log/consoleSink.js';
import { createLog, type HostLog, type LogEntry } from './log/log.js';
import { createQuirks, type Quirks } from './log/quirks.js';
import { invokeFor, isEventGridFunction } from './triggers/eventGrid.js';
import { scheduleOf } from './triggers/schedule.js';
import { fileScheduleStore } from './triggers/scheduleStatus.js';
import { startTimer, type TimerListener } from './triggers/timer.js';
import type { AppFunction, LoadedApp } from './worker/app.js';
import { loadApp, type WorkerApp } from './worker/load.js';

export interface HostOptions {
  /** Folder with host.json and package.json, whose `main` names the compiled app. */
  readonly appDir: string;
  /** 0 takes a free one; undefined takes local.settings.json's, else 7071. */
  readonly port?: number;
  /** Keys, timers' statuses, the durable journal. Made when it is not there. */
  readonly dataDir: string;
  /** Where the real host goes quietly wrong, fail. */
  readonly strict?: boolean;
  readonly clock?: HostClock;
  /** Gets the log's entries; standard error when absent. */
  readonly logSink?: (entry: LogEntry) => void;
  /** Where the app's settings come from and go to; the process's environment when absent. */
  readonly environment?: NodeJS.ProcessEnv;
  /** How long requests may take to end when the host stops, in milliseconds; then they are cut off. Default 10 000. */
  readonly drainWithin?: number;
}

export interface RunningHost {
  /** `http://localhost:N`. */
  readonly url: string;
  readonly port: number;
  readonly keys: HostKeys;
  readonly log: HostLog;
  readonly index: FunctionIndex;
  /** Names and addresses, as Core Tools prints them. */
  readonly functionList: string;
  /** Answers what has begun, then ends triggers, durable engine and app. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

/**
 * Starts a host and resolves when it serves.
 * @throws Error in words for its user: unreadable configuration, a taken port, an app that does not load, malformed routes
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const environment = options.environment ?? process.env;
  const settings = await readLocalSettings(options.appDir);
  const skipped = applyEnvironment(settings, environment);
  const hostJson = await readHostJson(options.appDir, environment);
  const clock = options.clock ?? systemClock;
  const log = createLog({
    rules: logLevelRules(hostJson),
    sink: options.logSink ?? streamSink(process.stderr),
    now: () => clock.now(),
    category: 'Host.Startup',
  });
  for (const warning of settings.warnings) log.warn(warning);
  for (const name of skipped)
    log.warn(`Skipping '${name}' from local settings as it's already defined in current environment variables.`);

  const starting = new StartingHost(options, environment, hostJson, log, clock);
  try {
    return await starting.start(settings);
  } catch (error) {
    await starting.stop();
    throw error;
  }
}

class StartingHost {
  readonly #appDir: string;
  readonly #dataDir: string;
  readonly #quirks: Quirks;
  readonly #prefix: string;
  readonly #timers = new Map<string, TimerListener>();
  #web: Listener | undefined;
  #rpc: Listener | undefined;
  #app: WorkerApp | undefined;
  #durable: DurableExtension | undefined;
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly options: HostOptions,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly hostJson: HostJson,
    private readonly log: HostLog,
    private readonly clock: HostClock,
  ) {
    this.#appDir = path.resolve(options.appDir);
    this.#dataDir = path.resolve(options.dataDir);
    this.#quirks = createQuirks(log, options.strict === true);
    this.#prefix = textSetting(hostJson, 'api', 'extensions', 'http', 'routePrefix').replace(/^\/|\/$/g, '');
  }

  async start(settings: { port?: number; cors: readonly string[]; corsCredentials: boolean }): Promise<RunningHost> {
    const { log, hostJson, environment } = this;
    const keys = await loadKeys(this.#dataDir);
    const ready = withResolvers<(request: Incoming) => Promise<Answer>>();
    // The app learns its own address while it loads, so the server listens first; requests wait until the app is there.
    const serve = async (request: Incoming): Promise<Answer> => (await ready.promise)(request);
    const bodyLimit = Number(environment['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? defaultBodyLimit) || defaultBodyLimit;
    const web = await listen({ port: this.options.port ?? settings.port ?? 7071, bodyLimit, log, handle: serve });
    this.#web = web;
    const url = `http://localhost:${web.port}`;
    try {
      this.#describeSite(web.port);
      const app = await loadApp({ appDir: this.#appDir, log });
      this.#app = app;
      const index = indexFunctions(app.functions.values(), hostJson, environment);
      for (const [name, error] of index.errors)
        log.error(`The '${name}' function is in error: ${error}`, { functionName: name });
      if (this.options.strict === true && index.errors.size > 0)
        throw new Error(`functions in error: ${[...index.errors.keys()].join(', ')}`);
      const routes = routesOf(index.served, this.#prefix);
      for (const { fn, by, method } of shadowedRoutes(routes))
        this.#quirks.report(
          `${method} requests for the route of function '${fn}' are answered by '${by}': routes are tried in the alphabetical order of the functions' names, not by how exact they are. Constrain a parameter, or rename a function`,
          { functionName: fn },
        );
      const served = servedApp(app, index);
      this.#durable = await this.#startDurable(served, keys, url);
      await this.#startTimers(served, index);
      const http = hostJson.get('extensions', 'http');
      const dispatching: DispatchOptions = {
        keys,
        routes,
        index,
        log,
        durable: this.#durable,
        cors: corsFor(settings.cors, settings.corsCredentials),
        calls: {
          app: served,
          log,
          quirks: this.#quirks,
          chunkedBodies: hostJson.get('extensions', 'http', 'enableChunkedRequestBinding') === true,
          customHeaders: textsOf(isJsonObject(http) ? http['customHeaders'] : undefined),
        },
        eventGrid: {
          app: served,
          functions: new Map(index.served.filter(isEventGridFunction).map((fn) => [fn.name, fn])),
          log: log.for('Host.Triggers.EventGrid'),
        },
        admin: {
          index,
          keys,
          log,
          appDir: this.#appDir,
          dataDir: this.#dataDir,
          routePrefix: this.#prefix,
          baseUrl: () => url,
          state: () => (this.#stopping === undefined ? 'Running' : 'Stopping'),
          extensionBundle: bundleOf(hostJson),
          fileOf: (name) => app.fileOf(name),
          run: (fn, input) => this.#runByHand(served, fn, input),
        },
      };
      await this.#durable?.start();
      ready.resolve((request) => dispatch(dispatching, request));
      return {
        url,
        port: web.port,
        keys,
        log,
        index,
        functionList: functionList(index, url, this.#prefix),
        stop: () => this.stop(),
      };
    } catch (error) {
      ready.resolve(() => Promise.resolve(empty(503)));
      throw error;
    }
  }

  /** Variables by which an app and its SDKs know where they run; Core Tools sets the same. */
  #describeSite(port: number): void {
    const { environment } = this;
    environment['WEBSITE_HOSTNAME'] = `localhost:${port}`;
    environment['AZURE_FUNCTIONS_ENVIRONMENT'] = 'Development';
    environment['AzureWebJobsScriptRoot'] = this.#appDir;
    environment['FUNCTIONS_CORETOOLS_ENVIRONMENT'] = 'true';
    environment['FUNCTIONS_WORKER_RUNTIME'] ??= 'node';
  }

  async #startDurable(app: LoadedApp, keys: HostKeys, url: string): Promise<DurableExtension | undefined> {
    const isDurable = (fn: AppFunction): boolean =>
      Object.values(fn.bindings).some(({ type }) =>
        /^(durableClient|orchestrationClient|(orchestration|activity|entity)Trigger)$/i.test(type),
      );
    if (![...app.functions.values()].some(isDurable)) return undefined;
    const rpc = await listen({
      port: 0,
      bodyLimit: defaultBodyLimit,
      log: this.log,
      handle: async (request) => {
        const { host } = request;
        return this.#durable === undefined || !/^\/durabletask\//i.test(request.path)
          ? empty(404)
          : durableAnswer(this.#durable, request, `http://${host}`, true);
      },
    });
    this.#rpc = rpc;
    const extensionOptions: ExtensionOptions = {
      app,
      hostJson: this.hostJson,
      dataDir: this.#dataDir,
      clock: this.clock,
      log: this.log.for('Host.Triggers.DurableTask'),
      keys,
      baseUrl: () => url,
      rpcBaseUrl: () => `http://127.0.0.1:${rpc.port}/durabletask/`,
      strict: this.options.strict === true,
    };
    const durable = await createDurableExtension(extensionOptions);
    this.#app?.setInputProvider('durableClient', (binding) => durable.clientBinding(binding));
    return durable;
  }

  async #startTimers(app: LoadedApp, index: FunctionIndex): Promise<void> {
    const store = fileScheduleStore(this.#dataDir);
    for (const fn of index.served) {
      if (fn.triggerType.toLowerCase() !== 'timertrigger' || index.isDisabled(fn)) continue;
      const schedule = scheduleOf(fn, this.environment);
      const log = this.log.for('Host.Triggers.Timer');
      this.#timers.set(fn.name, await startTimer({ app, fn, schedule, store, clock: this.clock, log }));
    }
  }

  #runByHand(app: LoadedApp, fn: AppFunction, input: string | undefined): Promise<void> | undefined {
    const timer = this.#timers.get(fn.name);
    if (timer !== undefined) return timer.runNow();
    if (!isEventGridFunction(fn)) return undefined;
    return Promise.resolve().then(() => invokeFor(app, fn, JSON.parse(input ?? 'null'), true));
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const drainWithin = this.options.drainWithin ?? 10_000;
    const ends: (() => Promise<unknown> | undefined)[] = [
      () => this.#web?.close(drainWithin),
      () => Promise.all([...this.#timers.values()].map((timer) => timer.stop())),
      () => this.#durable?.stop(),
      () => this.#rpc?.close(0),
      () => this.#app?.close(),
    ];
    for (const end of ends) {
      try {
        await within(drainWithin + 1_000, end());
      } catch (error) {
        this.log.error(`while stopping: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
  }
}

/** The app without the functions that are in error. */
function servedApp(app: WorkerApp, index: FunctionIndex): LoadedApp {
  const functions = new Map(index.served.map((fn) => [fn.name, fn]));
  return {
    functions,
    find: (name) => {
      const fn = app.find(name);
      return fn !== undefined && functions.has(fn.name) ? fn : undefined;
    },
    invoke: (name, invocation) => app.invoke(name, invocation),
    close: () => app.close(),
  };
}

function bundleOf(hostJson: HostJson): { id: string; version: string } | undefined {
  const id = hostJson.get('extensionBundle', 'id');
  // Version of the bundle whose behaviour this host shows.
  return typeof id === 'string' ? { id, version: '4.99.0' } : undefined;
}

function textsOf(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  if (isJsonObject(value)) for (const [name, text] of Object.entries(value)) texts[name] = String(text);
  return texts;
}

/** Waits for an end that may never come, but no longer than this many milliseconds. */
async function within(milliseconds: number, end: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ended after ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([end, late]);
  } finally {
    clearTimeout(timer);
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
