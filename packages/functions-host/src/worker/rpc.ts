/**
 * The values that a Functions host and its Node.js worker exchange, in the form in which the worker passes them to the
 * programming model ("@azure/functions-core", as Azure/azure-functions-nodejs-worker declares it).
 */

/** A cookie of an HTTP answer. Nullable fields are wrapped as in protobuf. */
export interface RpcHttpCookie {
  name?: string;
  value?: string;
  domain?: { value?: string };
  path?: { value?: string };
  expires?: { value?: { seconds?: number | { toString(): string } } };
  secure?: { value?: boolean };
  httpOnly?: { value?: boolean };
  sameSite?: string | number;
  maxAge?: { value?: number };
}

/** An HTTP request to a function, or its HTTP answer. */
export interface RpcHttpData {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  nullableHeaders?: Record<string, { value?: string }>;
  params?: Record<string, string>;
  nullableParams?: Record<string, { value?: string }>;
  query?: Record<string, string>;
  nullableQuery?: Record<string, { value?: string }>;
  body?: RpcTypedData | null;
  rawBody?: RpcTypedData | null;
  statusCode?: string;
  enableContentNegotiation?: boolean;
  cookies?: RpcHttpCookie[];
}

/** One value: exactly one of the fields is set. */
export interface RpcTypedData {
  string?: string | null;
  json?: string | null;
  bytes?: Uint8Array | null;
  stream?: Uint8Array | null;
  http?: RpcHttpData | null;
  int?: number | null;
  double?: number | null;
  collectionBytes?: { bytes?: Uint8Array[] } | null;
  collectionString?: { string?: string[] } | null;
  collectionDouble?: { double?: number[] } | null;
  collectionSint64?: { sint64?: number[] } | null;
}

/** A trigger, input or output of a function, with all its options (schedule, route, orchestration, ...). */
export interface RpcBindingInfo {
  type: string;
  direction: 'in' | 'out' | 'inout';
  name?: string;
  [option: string]: unknown;
}

/** How often, and after which pauses, a failed invocation is repeated (timer trigger and others that support it). */
export interface RpcRetryOptions {
  maxRetryCount?: number;
  retryStrategy?: string | number;
  delayInterval?: RpcDuration;
  minimumInterval?: RpcDuration;
  maximumInterval?: RpcDuration;
}

/** A protobuf duration. */
export interface RpcDuration {
  seconds?: number | { toString(): string };
  nanos?: number;
}

/** What an app registers for one function. */
export interface FunctionMetadata {
  name: string;
  bindings: Record<string, RpcBindingInfo>;
  retryOptions?: RpcRetryOptions;
  [more: string]: unknown;
}

/** Passed to the handler when this invocation repeats one that failed. */
export interface RpcRetryContext {
  retryCount: number;
  maxRetryCount: number;
  exception?: { message?: string; source?: string; stackTrace?: string };
}

/** W3C trace context of the request that led to this invocation. */
export interface RpcTraceContext {
  traceParent?: string;
  traceState?: string;
  attributes?: Record<string, string>;
}

/** The input of one invocation for the worker. */
export interface RpcInvocation {
  inputData: { name: string; data: RpcTypedData }[];
  triggerMetadata: Record<string, RpcTypedData>;
  retryContext?: RpcRetryContext;
  traceContext?: RpcTraceContext;
  /** A GUID; created by the worker if absent. */
  invocationId?: string;
  /** Logged as the cause of the invocation, e.g. "This function was programmatically called via the host APIs." */
  reason?: string;
}

/** The result of an invocation from the worker. */
export interface RpcInvocationResult {
  returnValue?: RpcTypedData | null;
  outputData: { name: string; data: RpcTypedData }[];
}
