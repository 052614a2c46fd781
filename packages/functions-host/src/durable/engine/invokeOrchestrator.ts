/** Passes the history to an orchestrator's executor, and takes its answer. */
import { InvocationError, type LoadedApp } from '../../worker/app.js';
import { exceptionText, orchestrationStackTrace, workerMessage } from '../failures.js';
import type { DurableFunctions } from '../functions.js';
import type { ExecutionStartedEvent, HistoryEvent } from '../history.js';
import { parseState, stateOfFailure } from '../replay/actions.js';
import type { Outcome, ReplaySettings } from '../replay/turn.js';
import { jsonOfResult } from './typedData.js';

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
  try {
    const result = await host.app.invoke(found.name, {
      inputData: [{ name: found.triggerName, data: { string: payload(input, host.settings) } }],
      triggerMetadata: {},
    });
    const state = parseState(jsonOfResult(result.returnValue) ?? '');
    if (state !== undefined) return { kind: 'answered', state };
    return broken('Out of proc orchestrators must return a valid JSON schema', '');
  } catch (error) {
    if (!(error instanceof InvocationError)) throw error;
    const state = stateOfFailure(error.message);
    if (state === undefined) return broken(error.message, error.stack ?? '');
    return { kind: 'threw', state, trace: orchestrationStackTrace };
  }
}

/** The trigger's value. The SDK uses the newest schema that both know. */
function payload({ instanceId, started, history }: OrchestratorInput, settings: ReplaySettings): string {
  const parentInstanceId = started.ParentInstance?.OrchestrationInstance.InstanceId ?? null;
  return (
    `{"history":${JSON.stringify(history)},"input":${started.Input ?? 'null'},` +
    `"instanceId":${JSON.stringify(instanceId)},"isReplaying":${String(started.IsPlayed)},` +
    `"parentInstanceId":${JSON.stringify(parentInstanceId)},"upperSchemaVersion":1,"upperSchemaVersionNew":3,` +
    `"longRunningTimerIntervalDuration":"${timeSpan(settings.longTimerIntervalMs)}",` +
    `"maximumShortTimerDuration":"${timeSpan(settings.maximumShortTimerMs)}",` +
    `"defaultHttpAsyncRequestSleepTimeMillseconds":${settings.httpSleepMs}}`
  );
}

function broken(message: string, stack: string): Outcome {
  const text = `One or more errors occurred. (${workerMessage(message, stack)})`;
  return { kind: 'broken', message: text, details: exceptionText('System.AggregateException', text) };
}

/** .NET's format of whole days and a time, `d.hh:mm:ss`. */
function timeSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (count: number): string => String(count).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  return `${days}.${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
