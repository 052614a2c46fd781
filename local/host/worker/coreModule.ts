/**
 * Supplies the module `@azure/functions-core`, which exists only inside a Functions worker: whoever requires it gets this
 * API (as Azure/azure-functions-nodejs-worker offers it). `@azure/functions` asks once for each copy of itself and keeps the answer for the
 * life of the process, so there is one API object, which forwards to the app that is loading.
 */
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

/** Versions that apps see; features of the programming model are switched by them. */
const workerVersion = '3.12.0';
const hostVersion = '4.1037.0.0';

type SystemLog = (level: RpcLogLevel, category: RpcLogCategory, message: string) => void;

let current: Registration | undefined;
let currentLog: SystemLog = () => undefined;
let lastModel: ProgrammingModel | undefined;
let installed = false;

function loading(): Registration {
  if (current === undefined) throw new Error('no app is loading: register functions and hooks while the app loads');
  return current;
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
  registerHook: (name: string, callback: HookCallback) => new Disposable(loading().addHook(name, callback)),
  setProgrammingModel(model: ProgrammingModel) {
    lastModel = model;
    loading().model = model;
  },
  getProgrammingModel: () => current?.model ?? lastModel,
  log: (level: RpcLogLevel, category: RpcLogCategory, message: string) => currentLog(level, category, message),
  registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
    new Disposable(loading().addFunction(metadata, callback)),
};

/** Makes the module known to `require`, once in a process. Must run before the app or `@azure/functions` loads. */
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

/** Until the next call, what is registered and logged through the module belongs to this app. */
export function setLoadingApp(registration: Registration, log: SystemLog): void {
  current = registration;
  currentLog = log;
}

/** The programming model of an app: its own, else the one that its copy of the package gave to an app loaded earlier. */
export function modelOf(registration: Registration): ProgrammingModel | undefined {
  return registration.model ?? lastModel;
}
