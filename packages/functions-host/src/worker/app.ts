/**
 * The loaded app as the rest of the host sees it: its functions, and one way to invoke them. The durable extension, the
 * HTTP server and the triggers depend on these types only; `loadApp` in load.ts creates the app.
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
  /** As registered. The host ignores case when it looks up functions. */
  readonly name: string;
  /**
   * 'httpTrigger' | 'orchestrationTrigger' | 'activityTrigger' | 'entityTrigger' | 'timerTrigger' | 'eventGridTrigger'
   * ...
   */
  readonly triggerType: string;
  /** Name of the trigger's binding: its key in `bindings`, and the name of its input. */
  readonly triggerName: string;
  readonly bindings: Readonly<Record<string, RpcBindingInfo>>;
  readonly metadata: FunctionMetadata;
}

/** The loaded app. */
export interface LoadedApp {
  /** By name as registered. */
  readonly functions: ReadonlyMap<string, AppFunction>;
  /** Finds a function, ignoring case, as the real host does. */
  find(name: string): AppFunction | undefined;
  /**
   * Runs one function with its hooks. The host fills in inputs of type durableClient that `inputData` does not have.
   * @throws InvocationError if user code or a hook throws, or the function's result cannot be converted
   */
  invoke(name: string, invocation: RpcInvocation): Promise<RpcInvocationResult>;
  /** Runs the appTerminate hooks and removes the module hook. */
  close(): Promise<void>;
}

/**
 * An invocation that threw. `name`, `message` and `stack` are those of the thrown error (another value becomes an Error
 * as in the worker: a text is the message).
 */
export class InvocationError extends Error {
  override readonly name: string;
  /** True if the app threw; false if the host or the programming model did. */
  readonly isUserException: boolean;
  /** The thrown value. */
  readonly thrown: unknown;

  constructor(init: { name: string; message: string; stack?: string; isUserException: boolean; thrown?: unknown }) {
    super(init.message);
    this.name = init.name;
    this.isUserException = init.isUserException;
    this.thrown = init.thrown;
    if (init.stack !== undefined) this.stack = init.stack;
  }
}
