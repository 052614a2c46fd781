/** Passes the history to an orchestrator's executor, and takes its answer. */
import { InvocationError, type LoadedApp, type RpcTypedData } from '../../worker/app.js';
import { workerMessage } from '../../worker/errors.js';
import { WorkerExitError } from '../../workerExit.js';
import { aggregateText, exceptionText, orchestrationStackTrace, workerExitAggregate } from '../failures.js';
import type { DurableFunctions } from '../functions.js';
import type { ExecutionStartedEvent, HistoryEvent } from '../history.js';
import { JsonReadError } from '../json/jsonReader.js';
import { normalisedJson } from '../json/jsonWriter.js';
import { parseState, stateOfFailure, type OrchestratorState } from '../replay/actions.js';
import type { Outcome, ReplaySettings } from '../replay/turn.js';
import { unreadableState } from './unreadableState.js';

/** The executor's input. */
export interface OrchestratorInput {
  readonly name: string;
  readonly instanceId: string;
  readonly started: ExecutionStartedEvent;
  /** Includes the events of this turn. */
  readonly history: readonly HistoryEvent[];
}

/**
 * Runs the orchestrator over its history.
 * @throws errors that the app did not cause
 */
export async function invokeOrchestrator(
  host: { app: Pick<LoadedApp, 'invoke'>; functions: DurableFunctions; settings: ReplaySettings },
  input: OrchestratorInput,
): Promise<Outcome> {
  const found = host.functions.orchestrator(input.name);
  if (found === undefined) return { kind: 'broken', message: '', details: '' };
  const value = inputOf(input.started);
  if (value === undefined) return unbound(found.name);
  try {
    const result = await host.app.invoke(found.name, {
      inputData: [{ name: found.triggerName, data: { string: payload(input, value, host.settings) } }],
      triggerMetadata: {},
    });
    const text = textOf(result.returnValue);
    const state = parseState(text);
    if (state !== undefined) return unreadable(text, state) ?? { kind: 'answered', state };
    return broken('Out of proc orchestrators must return a valid JSON schema', '');
  } catch (error) {
    if (!(error instanceof InvocationError)) throw error;
    if (error instanceof WorkerExitError)
      return {
        kind: 'broken',
        message: `One or more errors occurred. (${error.message})`,
        details: workerExitAggregate(error.message),
      };
    const state = stateOfFailure(error.message);
    if (state === undefined) return broken(error.message, error.stack ?? '');
    return unreadable('', state) ?? { kind: 'threw', state, trace: orchestrationStackTrace };
  }
}

/** Inputs in strict JSON: a caller's text is kept as it was sent. */
const inputs = new WeakMap<ExecutionStartedEvent, string>();

/** @returns undefined if the caller's text has no value, or is not finished */
function inputOf(started: ExecutionStartedEvent): string | undefined {
  const known = inputs.get(started);
  if (known !== undefined) return known;
  try {
    const input = started.Input === null ? 'null' : normalisedJson(started.Input);
    inputs.set(started, input);
    return input;
  } catch (error) {
    if (error instanceof JsonReadError) return undefined;
    throw error;
  }
}

/** The trigger's value. The SDK uses the newest schema that both know. */
function payload({ instanceId, started, history }: OrchestratorInput, value: string, settings: ReplaySettings): string {
  const parentInstanceId = started.ParentInstance?.OrchestrationInstance.InstanceId ?? null;
  return (
    `{"history":${JSON.stringify(history)},"input":${value},` +
    `"instanceId":${JSON.stringify(instanceId)},"isReplaying":${String(started.IsPlayed)},` +
    `"parentInstanceId":${JSON.stringify(parentInstanceId)},"upperSchemaVersion":1,"upperSchemaVersionNew":3,` +
    `"longRunningTimerIntervalDuration":"${timeSpan(settings.longTimerIntervalMs)}",` +
    `"maximumShortTimerDuration":"${timeSpan(settings.maximumShortTimerMs)}",` +
    `"defaultHttpAsyncRequestSleepTimeMillseconds":${settings.httpSleepMs}}`
  );
}

/** The executor's answer, which is JSON in a text or as it is. */
const textOf = (data: RpcTypedData | null | undefined): string => data?.json ?? data?.string ?? '';

/** The input has no value that could be given to the function. */
function unbound(name: string): Outcome {
  const message = `One or more errors occurred. (Exception while executing function: Functions.${name})`;
  return { kind: 'broken', message, details: exceptionText('System.AggregateException', message) };
}

/** The outcome of an answer that the extension cannot read. */
function unreadable(text: string, state: OrchestratorState): Outcome | undefined {
  const problem = unreadableState(text, state);
  return problem && { kind: 'broken', message: problem.message, details: exceptionText(problem.type, problem.message) };
}

function broken(message: string, stack: string): Outcome {
  const text = `One or more errors occurred. (${workerMessage(message, stack)})`;
  return { kind: 'broken', message: text, details: aggregateText(text, { message, stack }) };
}

/** .NET's format of whole days and a time, `d.hh:mm:ss`. */
function timeSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (count: number): string => String(count).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  return `${days}.${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
