/**
 * The loaded app as the rest of the host sees it: its functions, and one way to invoke them. The durable extension, the
 * HTTP server and the triggers compile against these types only; `loadApp` in load.ts makes the real thing.
 */
import type { FunctionMetadata, RpcBindingInfo, RpcInvocation, RpcInvocationResult } from './rpc.js';

export type {
  FunctionMetadata,
  RpcBindingInfo,
  RpcHttpCookie,
  RpcHttpData,
  RpcInvocation,
  RpcInvocationResult,
  RpcRetryContext,
  RpcTraceContext,
  RpcTypedData,
} from './rpc.js';

/** One registered function. */
export interface AppFunction {
  /** As registered; the host finds functions ignoring case. */
  readonly name: string;
  /** 'httpTrigger' | 'orchestrationTrigger' | 'activityTrigger' | 'entityTrigger' | 'timerTrigger' | 'eventGridTrigger' ... */
  readonly triggerType: string;
  /** Name of the trigger's binding, the key into `bindings` and the name of its input. */
  readonly triggerName: string;
  readonly bindings: Readonly<Record<string, RpcBindingInfo>>;
  readonly metadata: FunctionMetadata;
}

/** The loaded app. */
export interface LoadedApp {
  /** By name as registered. */
  readonly functions: ReadonlyMap<string, AppFunction>;
  /** Finds a function ignoring case, as the real host does. */
  find(name: string): AppFunction | undefined;
  /**
   * Runs one function with its hooks. Non-trigger inputs of type durableClient are filled in by the host if `inputData` does
   * not hold them.
   * @throws InvocationError when user code throws (also a hook), or when the function's result cannot be converted
   */
  invoke(name: string, invocation: RpcInvocation): Promise<RpcInvocationResult>;
  /** Runs the appTerminate hooks, gives the module hook back. */
  close(): Promise<void>;
}

/**
 * An invocation that ended in a throw. `name`, `message` and `stack` are those of the thrown error (a thrown value that is no
 * Error becomes one as the worker does it: a text is the message).
 */
export class InvocationError extends Error {
  override readonly name: string;
  /** True when the app threw; false when the host or the programming model did. */
  readonly isUserException: boolean;
  /** What was thrown. */
  readonly thrown: unknown;

  constructor(init: { name: string; message: string; stack?: string; isUserException: boolean; thrown?: unknown }) {
    super(init.message);
    this.name = init.name;
    this.isUserException = init.isUserException;
    this.thrown = init.thrown;
    if (init.stack !== undefined) this.stack = init.stack;
  }
}
