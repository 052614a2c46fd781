/** What an app registers while it loads: functions, hooks and its programming model. */
import { WorkerSystemError } from './errors.js';
import type { FunctionMetadata, RpcInvocation, RpcInvocationResult } from './rpc.js';

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log';
export type HookCallback = (context: object) => unknown;
export type FunctionCallback = (...args: unknown[]) => unknown;
export type HookData = Record<string, unknown>;

/** The levels and categories that the programming model logs with. */
export type RpcLogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
export type RpcLogCategory = 'user' | 'system' | 'customMetric';

/** The context that the programming model gets for one invocation. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly metadata: FunctionMetadata;
  readonly request: RpcInvocation & { invocationId: string };
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: RpcLogLevel, category: RpcLogCategory, message: string): void;
}

/** The part of the programming model (the package `@azure/functions`) that the worker drives. */
export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<Partial<RpcInvocationResult>>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(capabilities: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
}

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
  /** The entry point that registered it, relative to the app folder. */
  readonly file: string;
}

/** One app's registrations. */
export class Registration {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks: Record<HookName, HookCallback[]> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  /** Shared by all hooks of the app. */
  readonly appHookData: HookData = {};
  /** Shared by the appStart and appTerminate hooks. */
  readonly appLevelHookData: HookData = {};
  model: ProgrammingModel | undefined;
  /** Capabilities that the programming model reported at start. */
  capabilities: Record<string, string> | undefined;
  /** The entry point that is loading. */
  file = 'unknown';
  locked = false;

  addFunction(metadata: FunctionMetadata, callback: FunctionCallback): () => void {
    if (this.locked) throw new WorkerSystemError('A function can only be registered during app startup.');
    const { name } = metadata;
    if (this.functions.has(name))
      throw new WorkerSystemError(`A function with id "${name}" has already been registered.`);
    this.functions.set(name, { metadata, callback, file: this.file });
    return () => {
      if (this.locked) throw new WorkerSystemError('A function can only be disposed during app startup.');
      this.functions.delete(name);
    };
  }

  addHook(name: string, callback: HookCallback): () => void {
    const hooks = isHookName(name) ? this.hooks[name] : undefined;
    if (hooks === undefined)
      throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    hooks.push(callback);
    return () => {
      const index = hooks.indexOf(callback);
      if (index >= 0) hooks.splice(index, 1);
    };
  }
}

function isHookName(name: string): name is HookName {
  return ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'].includes(name);
}
