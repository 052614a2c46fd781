/** One invocation: arguments, hooks around the handler, and conversion of the result, as in the Node.js worker. */
import { randomUUID } from 'node:crypto';

import type { HostLog, LogLevel } from '../log/log.js';
import { QuirkError, type Quirks } from '../log/quirks.js';
import { modelOf } from './coreModule.js';
import { ReadOnlyError, WorkerSystemError, invocationError } from './errors.js';
import type {
  CoreInvocationContext,
  FunctionCallback,
  HookCallback,
  HookData,
  HookName,
  InvocationModel,
  RegisteredFunction,
  Registration,
  RpcLogCategory,
  RpcLogLevel,
} from './registration.js';
import type { RpcInvocation, RpcInvocationResult } from './rpc.js';

/** Runs hooks one at a time, in the order of their registration. */
export async function executeHooks(registration: Registration, name: HookName, context: object): Promise<void> {
  const hooks = [...registration.hooks[name]];
  for (const hook of hooks) await hook(context);
}

/** An object whose properties can be read but not set. */
export function readOnly(properties: Readonly<Record<string, () => unknown>>): object {
  const target = {};
  for (const [name, get] of Object.entries(properties)) {
    Object.defineProperty(target, name, {
      enumerable: true,
      get,
      set: () => {
        throw new ReadOnlyError(name);
      },
    });
  }
  return target;
}

/**
 * Runs one function.
 * @throws InvocationError if the handler or a hook throws, or the result cannot be converted
 */
export async function invoke(
  registration: Registration,
  registered: RegisteredFunction,
  invocation: RpcInvocation,
  reports: { readonly log: HostLog; readonly quirks: Quirks },
): Promise<RpcInvocationResult> {
  try {
    return await run(registration, registered, invocation, reports);
  } catch (thrown) {
    throw invocationError(thrown);
  }
}

async function run(
  registration: Registration,
  registered: RegisteredFunction,
  invocation: RpcInvocation,
  { log, quirks }: { readonly log: HostLog; readonly quirks: Quirks },
): Promise<RpcInvocationResult> {
  const model = modelOf(registration);
  if (model === undefined)
    throw new WorkerSystemError('the app has no programming model: it never used "@azure/functions"');
  const invocationId = invocation.invocationId ?? randomUUID();
  const logged: { context: object | undefined } = { context: undefined };
  const hookData: HookData = {};
  const coreContext: CoreInvocationContext = {
    invocationId,
    metadata: registered.metadata,
    request: { ...invocation, invocationId },
    state: undefined,
    log: (level, category, message) =>
      logThroughHooks(registration, log, { level, category, message }, invocationId, logged.context, hookData),
  };
  const invocationModel = await model.getInvocationModel(coreContext);
  const { context, inputs } = await invocationModel.getArguments();
  logged.context = context;
  const shared = {
    hookData: () => hookData,
    appHookData: () => registration.appHookData,
    invocationContext: () => context,
  };

  if (registration.hooks.preInvocation.length === 0 && registration.hooks.postInvocation.length === 0)
    return withoutHooks(invocationModel, coreContext, quirks, { context, inputs, callback: registered.callback });

  const before = Object.assign(readOnly(shared), { functionCallback: registered.callback, inputs });
  await inState(coreContext, 'preInvocationHooks', () => executeHooks(registration, 'preInvocation', before));

  const outcome: { inputs: unknown[]; result: unknown; error: unknown } = {
    inputs: before.inputs,
    result: null,
    error: null,
  };
  const after = Object.assign(readOnly(shared), outcome);
  await inState(coreContext, 'invocation', async () => {
    try {
      after.result = await invocationModel.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (thrown) {
      after.error = thrown;
      if (isNothing(thrown)) after.error = refusalOfNothing(quirks, coreContext) ?? thrown;
    }
  });
  await inState(coreContext, 'postInvocationHooks', () => executeHooks(registration, 'postInvocation', after));
  if (after.error !== null && after.error !== undefined) throw invocationError(after.error);

  return resultOf(await invocationModel.getResponse(context, after.result));
}

const isNothing = (thrown: unknown): boolean => thrown === null || thrown === undefined;

/**
 * The worker looks for an error by its value, so that nothing counts as none.
 * @returns the error of strict mode
 */
function refusalOfNothing(quirks: Quirks, { metadata: { name }, invocationId }: CoreInvocationContext): unknown {
  const text = `function '${name}' threw null or undefined, which counts as a success without a result. Cure: throw an Error.`;
  try {
    quirks.report(text, { functionName: name, invocationId });
    return undefined;
  } catch (error) {
    if (error instanceof QuirkError) return error;
    throw error;
  }
}

/** The same for an app without hooks, which is the common case: it skips everything that only hooks would see. */
async function withoutHooks(
  model: InvocationModel,
  coreContext: CoreInvocationContext,
  quirks: Quirks,
  { context, inputs, callback }: { context: object; inputs: unknown[]; callback: FunctionCallback },
): Promise<RpcInvocationResult> {
  coreContext.state = 'invocation';
  let result: unknown;
  try {
    result = await model.invokeFunction(context, inputs, callback);
  } catch (thrown) {
    const error = isNothing(thrown) ? refusalOfNothing(quirks, coreContext) : thrown;
    if (error !== undefined) throw invocationError(error);
    result = null;
  } finally {
    coreContext.state = undefined;
  }
  return resultOf(await model.getResponse(context, result));
}

const resultOf = ({ returnValue, outputData }: Partial<RpcInvocationResult>): RpcInvocationResult => ({
  ...(returnValue === undefined ? {} : { returnValue }),
  outputData: outputData ?? [],
});

async function inState(
  context: CoreInvocationContext,
  state: NonNullable<CoreInvocationContext['state']>,
  work: () => Promise<void>,
): Promise<void> {
  context.state = state;
  try {
    await work();
  } finally {
    context.state = undefined;
  }
}

let inLogHook = false;

/** Log hooks may change level and text of log entries of user code. Entries of a log hook itself bypass the hooks. */
export function logThroughHooks(
  registration: Registration,
  log: HostLog,
  entry: { level: RpcLogLevel; category: RpcLogCategory; message: string },
  invocationId: string | undefined,
  invocationContext: object | undefined,
  hookData: HookData,
): void {
  let { level, message } = entry;
  const hooks: HookCallback[] = inLogHook ? [] : [...registration.hooks.log];
  if (hooks.length > 0) {
    const context = Object.assign(
      readOnly({
        hookData: () => hookData,
        appHookData: () => registration.appHookData,
        category: () => entry.category,
        invocationContext: () => invocationContext,
      }),
      { level, message },
    );
    inLogHook = true;
    try {
      for (const hook of hooks) void hook(context);
    } finally {
      inLogHook = false;
    }
    if (entry.category === 'user') ({ level, message } = context);
  }
  if (level === 'none') return;
  const target = entry.category === 'user' ? log.for(`${log.category}.User`) : log;
  const known: Exclude<LogLevel, 'none'> = level;
  target.write(known, message, invocationId === undefined ? {} : { invocationId });
}
