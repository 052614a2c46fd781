/**
 * Provides the module `@azure/functions-core`, which exists only inside a Functions worker, with the API of
 * Azure/azure-functions-nodejs-worker. Each copy of `@azure/functions` requires it once and keeps it for the life of
 * the process, so there is one API object, which forwards to the app that is loading.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import Module from 'node:module';

import type {
  FunctionCallback,
  HookCallback,
  ProgrammingModel,
  Registration,
  RpcLogCategory,
  RpcLogLevel,
} from './registration.js';
import type { FunctionMetadata } from './rpc.js';

/** Versions that apps see. They enable features of the programming model. */
const workerVersion = '3.12.0';
const hostVersion = '4.1037.0.0';

/** An app as the module sees it. */
export interface CoreApp {
  readonly registration: Registration;
  log(level: RpcLogLevel, category: RpcLogCategory, message: string): void;
}

/**
 * Code that runs in an app's invocation belongs to that app; all other code belongs to the app that was loaded last.
 */
const running = new AsyncLocalStorage<CoreApp>();
let loadedLast: CoreApp | undefined;
let severalApps = false;
let lastModel: ProgrammingModel | undefined;
let installed = false;

const calling = (): CoreApp | undefined => running.getStore() ?? loadedLast;

function registering(): Registration {
  const app = calling();
  if (app === undefined) throw new Error('no app is loading: register functions and hooks while the app loads');
  return app.registration;
}

class Disposable {
  #dispose: (() => void) | undefined;

  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose();
    });
  }

  dispose(): void {
    this.#dispose?.();
    this.#dispose = undefined;
  }
}

const coreApi = {
  version: workerVersion,
  hostVersion,
  Disposable,
  registerHook: (name: string, callback: HookCallback) => new Disposable(registering().addHook(name, callback)),
  setProgrammingModel(model: ProgrammingModel) {
    lastModel = model;
    registering().model = model;
  },
  getProgrammingModel: () => calling()?.registration.model ?? lastModel,
  log: (level: RpcLogLevel, category: RpcLogCategory, message: string) => calling()?.log(level, category, message),
  registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
    new Disposable(registering().addFunction(metadata, callback)),
};

/** Makes the module available to `require`, once per process. Must run before the app or `@azure/functions` loads. */
export function installCoreModule(): void {
  if (installed) return;
  installed = true;
  // oxlint-disable-next-line typescript/unbound-method -- called with the module as this, by Reflect.apply below
  const original: (id: string) => unknown = Module.prototype.require;
  Module.prototype.require = new Proxy(original, {
    apply: (target, self, args: [string]): unknown =>
      args[0] === '@azure/functions-core' ? coreApi : Reflect.apply(target, self, args),
  }) as NodeJS.Require;
}

/** From now on, registrations and logs outside an invocation belong to this app. */
export function setLoadingApp(app: CoreApp): void {
  severalApps ||= loadedLast !== undefined && loadedLast.registration !== app.registration;
  loadedLast = app;
}

/** Runs work whose calls through the module belong to this app. */
export function asApp<T>(app: CoreApp, work: () => T): T {
  // Tracking calls through promises slows down every promise of the process. With one app there is no ambiguity.
  return severalApps || loadedLast !== app ? running.run(app, work) : work();
}

/**
 * The programming model of an app: its own, else the one that its copy of the package registered with an earlier app.
 */
export function modelOf(registration: Registration): ProgrammingModel | undefined {
  return registration.model ?? lastModel;
}
