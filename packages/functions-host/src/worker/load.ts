/** Loads an app as the Functions worker does, and runs its functions. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';

import type { HostLog } from '../log/log.js';
import { createQuirks, type Quirks } from '../log/quirks.js';
import type { AppFunction, LoadedApp } from './app.js';
import { InvocationError } from './app.js';
import { asApp, installCoreModule, modelOf, setLoadingApp, type CoreApp } from './coreModule.js';
import { entryPoints } from './entryPoints.js';
import { WorkerSystemError } from './errors.js';
import { executeHooks, invoke, logThroughHooks, readOnly } from './invocation.js';
import { Registration, type RegisteredFunction } from './registration.js';
import type { RpcBindingInfo, RpcInvocation } from './rpc.js';

/** A LoadedApp that also knows the source of its functions. */
export interface WorkerApp extends LoadedApp {
  readonly appDir: string;
  /** Where the programming model accepts HTTP requests if the app has enabled HTTP streams. */
  readonly httpUri: string | undefined;
  /** The entry point of a function, relative to the app folder. */
  fileOf(name: string): string;
  /** Sets how an input that an invocation does not have is filled in (durableClient). */
  setInputProvider(type: string, provide: (binding: RpcBindingInfo) => string): void;
}

/** Apps loaded in this process. Node.js never unloads modules, so a second load finds the first one's registrations. */
const loadedBefore = new Map<string, Registration>();
let queue: Promise<unknown> = Promise.resolve();

/**
 * Loads the app in a folder. Apps are loaded one at a time, because the programming model registers with the app that
 * is loading.
 * @throws WorkerSystemError if a file cannot be loaded or the app registers no function
 */
export function loadApp(options: { appDir: string; log: HostLog; strict?: boolean }): Promise<WorkerApp> {
  const { appDir, log, strict = false } = options;
  const next = queue.then(() => load(path.resolve(appDir), { log, quirks: createQuirks(log, strict) }));
  queue = next.catch(() => undefined);
  return next;
}

async function load(appDir: string, reports: { log: HostLog; quirks: Quirks }): Promise<WorkerApp> {
  installCoreModule();
  const again = loadedBefore.get(appDir);
  const registration = again ?? new Registration();
  const worker = reports.log.for('Worker');
  const core: CoreApp = {
    registration,
    log: (level, category, message) =>
      logThroughHooks(registration, worker, { level, category, message }, undefined, undefined, {}),
  };
  setLoadingApp(core);
  if (again === undefined) {
    for (const entry of await entryPoints(appDir)) {
      registration.file = entry.file;
      worker.debug(`Loading entry point file "${entry.file}"`);
      await entry.load();
    }
    if (registration.functions.size === 0)
      throw new WorkerSystemError(
        `No functions found in ${appDir}: the files of package.json's "main" registered none`,
      );
    loadedBefore.set(appDir, registration);
  }
  registration.capabilities ??= (await modelOf(registration)?.getCapabilities?.({})) ?? {};
  await executeHooks(
    registration,
    'appStart',
    Object.assign(
      readOnly({ hookData: () => registration.appLevelHookData, appHookData: () => registration.appHookData }),
      { functionAppDirectory: appDir },
    ),
  );
  registration.locked = true;
  return new LoadedWorkerApp(appDir, core, reports);
}

class LoadedWorkerApp implements WorkerApp {
  readonly functions: ReadonlyMap<string, AppFunction>;
  readonly #byLowerName = new Map<string, { known: AppFunction; registered: RegisteredFunction }>();
  readonly #inputs = new Map<string, (binding: RpcBindingInfo) => string>();
  readonly httpUri: string | undefined;
  #closed = false;

  constructor(
    readonly appDir: string,
    private readonly core: CoreApp,
    private readonly reports: { readonly log: HostLog; readonly quirks: Quirks },
  ) {
    const { registration } = core;
    this.httpUri = registration.capabilities?.['HttpUri'];
    const functions = new Map<string, AppFunction>();
    for (const registered of registration.functions.values()) {
      const known = describe(registered);
      functions.set(known.name, known);
      this.#byLowerName.set(known.name.toLowerCase(), { known, registered });
    }
    this.functions = functions;
  }

  find(name: string): AppFunction | undefined {
    return this.#byLowerName.get(name.toLowerCase())?.known;
  }

  fileOf(name: string): string {
    return this.#byLowerName.get(name.toLowerCase())?.registered.file ?? 'unknown';
  }

  setInputProvider(type: string, provide: (binding: RpcBindingInfo) => string): void {
    this.#inputs.set(type.toLowerCase(), provide);
  }

  async invoke(name: string, invocation: RpcInvocation): ReturnType<LoadedApp['invoke']> {
    const found = this.#byLowerName.get(name.toLowerCase());
    if (found === undefined)
      throw new InvocationError({
        name: 'Error',
        message: `Function code for '${name}' is not loaded and cannot be invoked.`,
        isUserException: false,
      });
    const invocationId = invocation.invocationId ?? randomUUID();
    const whole = { ...invocation, invocationId, inputData: this.#withInputs(found.known, invocation.inputData) };
    const { quirks } = this.reports;
    const log = this.reports.log.for(`Function.${found.known.name}`);
    return asApp(this.core, () => invoke(this.core.registration, found.registered, whole, { log, quirks }));
  }

  #withInputs(known: AppFunction, given: RpcInvocation['inputData']): RpcInvocation['inputData'] {
    const inputs = [...given];
    for (const [name, binding] of Object.entries(known.bindings)) {
      if (name === known.triggerName || binding.direction !== 'in') continue;
      const provide = this.#inputs.get(binding.type.toLowerCase());
      if (provide !== undefined && !given.some((input) => input.name === name))
        inputs.push({ name, data: { string: provide(binding) } });
    }
    return inputs;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { registration } = this.core;
    await executeHooks(
      registration,
      'appTerminate',
      readOnly({ hookData: () => registration.appLevelHookData, appHookData: () => registration.appHookData }),
    );
  }
}

function describe(registered: RegisteredFunction): AppFunction {
  const { metadata } = registered;
  const trigger = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
  return {
    name: metadata.name,
    triggerName: trigger?.[0] ?? '',
    triggerType: trigger?.[1].type ?? '',
    bindings: metadata.bindings,
    metadata,
  };
}
