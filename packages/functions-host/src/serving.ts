/** Assembles an app: loads it, indexes its functions, starts its triggers and answers its requests. */
import type { HostClock } from './hostClock.js';
import { textSetting, type HostJson } from './config/hostJson.js';
import { isJsonObject } from './config/jsonWithComments.js';
import type { LocalSettings } from './config/localSettings.js';
import { openDurable, usesDurable, type DurableOptions, type HostedDurable } from './durableHosting.js';
import { endInOrder } from './ending.js';
import { readJson } from './durable/json/jsonReader.js';
import { functionList } from './functionList.js';
import { functionTimeout, timeLimits } from './functionTimeout.js';
import type { Answer } from './http/answer.js';
import { corsFor } from './http/cors.js';
import { dispatch, type DispatchOptions } from './http/dispatch.js';
import type { Incoming } from './http/incoming.js';
import type { HostKeys } from './http/keys.js';
import { routesOf, shadowedRoutes, type FunctionRoute } from './http/routes.js';
import { indexFunctions, type FunctionIndex } from './indexing.js';
import type { HostLog } from './log/log.js';
import { createQuirks, type Quirks } from './log/quirks.js';
import { invokeFor, isEventGridFunction } from './triggers/eventGrid.js';
import { startTimers, type Timers } from './triggers/timers.js';
import type { AppFunction, LoadedApp } from './worker/app.js';
import { logged } from './worker/invocationLog.js';
import { loadApp, type WorkerApp } from './worker/load.js';
import { RunningInvocations } from './workerExit.js';

export interface ServingOptions {
  readonly appDir: string;
  readonly dataDir: string;
  readonly strict: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly hostJson: HostJson;
  readonly log: HostLog;
  readonly clock: HostClock;
  readonly keys: HostKeys;
  readonly settings: LocalSettings;
  readonly durable: DurableOptions;
  readonly baseUrl: () => string;
}

/** An app that is being served. */
export interface Serving {
  readonly index: FunctionIndex;
  readonly functionList: string;
  handle(request: Incoming): Promise<Answer>;
  /** Fails what runs. Returns the number of invocations. */
  failRunning(): number;
  /** From now on the host's status is stopping. */
  announceStop(): void;
  /** Stops its parts, in this order, when no more requests arrive. */
  readonly ends: readonly (() => Promise<unknown>)[];
}

/**
 * Starts to serve an app.
 * @throws Error if the app does not load, a route is malformed, or (in strict mode) there is a warning
 */
export async function serveApp(options: ServingOptions): Promise<Serving> {
  const { hostJson, log, clock, environment, dataDir } = options;
  const routePrefix = textSetting(hostJson, 'api', 'extensions', 'http', 'routePrefix');
  const worker = await loadApp({ appDir: options.appDir, log, strict: options.strict });
  const ends: (() => Promise<unknown>)[] = [() => worker.close()];
  try {
    checkNames(worker.functions.keys());
    const index = indexFunctions(worker.functions.values(), hostJson, environment);
    reportErrors(index, options);
    const routes = routesOf(index.served, routePrefix);
    const quirks = createQuirks(log, options.strict);
    reportShadowed(routes, quirks);
    const running = new RunningInvocations();
    const limit = functionTimeout(hostJson);
    const app = servedApp(worker, index, { clock, limit, log, running });
    const durable = await startDurable(options, worker, app);
    if (durable !== undefined) ends.unshift(() => durable.stop());
    const timers = await startTimers({ app, index, dataDir, environment, clock, log: log.for('Host.Triggers.Timer') });
    ends.unshift(() => timers.stop());
    await durable?.extension.start();

    let stopping = false;
    const dispatching = dispatchOptions(options, { worker, app, index, routes, routePrefix, quirks, durable, timers });
    const admin = { ...dispatching.admin, state: () => (stopping ? ('Stopping' as const) : ('Running' as const)) };
    return {
      index,
      functionList: functionList(index, options.baseUrl(), routePrefix),
      handle: (request) => dispatch({ ...dispatching, admin }, request),
      failRunning: () => running.failAll(),
      announceStop: () => {
        stopping = true;
      },
      ends,
    };
  } catch (error) {
    await endInOrder(ends, 5_000, log);
    throw error;
  }
}

interface Parts {
  readonly worker: WorkerApp;
  readonly app: LoadedApp;
  readonly index: FunctionIndex;
  readonly routes: readonly FunctionRoute[];
  readonly routePrefix: string;
  readonly quirks: Quirks;
  readonly durable: HostedDurable | undefined;
  readonly timers: Timers;
}

function dispatchOptions(options: ServingOptions, parts: Parts): DispatchOptions {
  const { hostJson, keys, log, settings } = options;
  const { worker, app, index, routes, routePrefix, quirks, durable, timers } = parts;
  return {
    keys,
    routes,
    index,
    log,
    durable: durable?.extension,
    cors: corsFor(settings.cors, settings.corsCredentials),
    calls: {
      app,
      log,
      quirks,
      httpUri: worker.httpUri,
    },
    customHeaders: textsOf(hostJson.get('extensions', 'http', 'customHeaders')),
    eventGrid: {
      app,
      functions: new Map(index.served.filter(isEventGridFunction).map((fn) => [fn.name, fn])),
      log: log.for('Host.Triggers.EventGrid'),
    },
    admin: {
      index,
      keys,
      log,
      appDir: options.appDir,
      dataDir: options.dataDir,
      routePrefix,
      baseUrl: options.baseUrl,
      state: () => 'Running',
      extensionBundle: bundleOf(hostJson),
      fileOf: (name) => worker.fileOf(name),
      run: (fn, input) => {
        if (!isEventGridFunction(fn)) return timers.runNow(fn);
        return Promise.resolve().then(() => invokeFor(app, fn, readJson(input ?? 'null'), true));
      },
    },
  };
}

async function startDurable(
  options: ServingOptions,
  worker: WorkerApp,
  app: LoadedApp,
): Promise<HostedDurable | undefined> {
  if (!usesDurable(app)) return undefined;
  const { appDir, hostJson, dataDir, clock, keys, baseUrl, strict } = options;
  const log = options.log.for('Host.Triggers.DurableTask');
  const durable = await openDurable(
    { app, appDir, hostJson, dataDir, clock, log, keys, baseUrl, strict },
    options.durable,
  );
  worker.setInputProvider('durableClient', (binding) => durable.extension.clientBinding(binding));
  return durable;
}

/** @throws Error if two names differ in case only: the real host does not start */
function checkNames(names: Iterable<string>): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined)
      throw new Error(`the functions '${other}' and '${name}' differ in case only: the real host does not start`);
    seen.set(name.toLowerCase(), name);
  }
}

function reportErrors(index: FunctionIndex, { log, strict }: ServingOptions): void {
  for (const [name, error] of index.errors)
    log.error(`The '${name}' function is in error: ${error}`, { functionName: name });
  if (strict && index.errors.size > 0) throw new Error(`functions in error: ${[...index.errors.keys()].join(', ')}`);
}

function reportShadowed(routes: readonly FunctionRoute[], quirks: Quirks): void {
  for (const { fn, by, methods } of shadowedRoutes(routes))
    quirks.report(
      `${methods.join(', ')} requests for the route of function '${fn}' are answered by '${by}': routes are tried in the alphabetical order of the functions' names, not by how specific they are. Constrain a parameter, or rename a function`,
      { functionName: fn },
    );
}

/** The app without the functions in error, with log and time limit, and visible to a clock that jumps. */
function servedApp(
  app: WorkerApp,
  index: FunctionIndex,
  options: { clock: HostClock; limit: number | undefined; log: HostLog; running: RunningInvocations },
): LoadedApp {
  const { limit, log, running } = options;
  const { working } = options.clock;
  const functions = new Map(index.served.map((fn) => [fn.name, fn]));
  const find = (name: string): AppFunction | undefined => {
    const fn = app.find(name);
    return fn !== undefined && functions.has(fn.name) ? fn : undefined;
  };
  const watched = running.watched(
    (name, invocation) => app.invoke(name, invocation),
    timeLimits(find, { limit, log: log.for('Host.Triggers') }),
  );
  // Outermost, so that the log has each end once: a function's code may run on after its invocation has failed.
  const invocations = logged(watched, app.find.bind(app), log);
  const invoke: LoadedApp['invoke'] =
    working === undefined ? invocations : (name, invocation) => working(invocations(name, invocation));
  return { functions, find, invoke, close: () => app.close() };
}

function bundleOf(hostJson: HostJson): { id: string; version: string } | undefined {
  const id = hostJson.get('extensionBundle', 'id');
  // The version of the bundle that this host imitates.
  return typeof id === 'string' ? { id, version: '4.99.0' } : undefined;
}

function textsOf(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  if (isJsonObject(value)) for (const [name, text] of Object.entries(value)) texts[name] = String(text);
  return texts;
}
