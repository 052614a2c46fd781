/** Runs one activity and creates the event with its answer. */
import { isJsonObject } from '../../config/jsonWithComments.js';
import { QuirkError } from '../../log/quirks.js';
import { InvocationError, type LoadedApp, type RpcTypedData } from '../../worker/app.js';
import { FunctionTimeoutError } from '../../functionTimeout.js';
import { WorkerExitError } from '../../workerExit.js';
import {
  activityFailure,
  activityTimeout,
  exceptionText,
  httpExceptionText,
  jsonExceptionText,
  taskException,
  workerExitText,
} from '../failures.js';
import type { DurableFunctions } from '../functions.js';
import { EventType, type FailureDetails, type HistoryEvent } from '../history.js';
import { HttpActivityError, sendDurableHttp } from '../http/httpActivity.js';
import { HttpRequestFormError } from '../http/requestHeaders.js';
import { netTime } from '../json/dates.js';
import { JsonReadError } from '../json/jsonReader.js';
import type { PendingTask } from '../hub/instance.js';
import type { DurableHttpRequest } from '../replay/actions.js';
import { httpActivityName } from '../replay/httpCall.js';

import { activityInput, jsonOfResult } from './typedData.js';

/**
 * Runs the activity of a task. The answer holds its result or its failure.
 * @throws other errors: the host itself failed, and the activity should be run again
 */
export async function runActivity(
  host: {
    app: Pick<LoadedApp, 'invoke'>;
    functions: DurableFunctions;
    now: () => Date;
    /** Reports a case in which the real host fails silently, once for each key. @throws QuirkError in strict mode */
    report: (message: string, key: string) => void;
  },
  instanceId: string,
  task: PendingTask,
): Promise<HistoryEvent> {
  const completed = (Result: string | null): HistoryEvent => ({
    EventType: EventType.TaskCompleted,
    TaskScheduledId: task.id,
    Result,
    EventId: -1,
    IsPlayed: false,
    Timestamp: host.now().toISOString(),
  });
  const failed = (
    Reason: string,
    Details: string | null,
    FailureDetails: FailureDetails | null = null,
  ): HistoryEvent => ({
    EventType: EventType.TaskFailed,
    TaskScheduledId: task.id,
    Reason,
    Details,
    FailureDetails,
    EventId: -1,
    IsPlayed: false,
    Timestamp: host.now().toISOString(),
  });
  if (task.name === httpActivityName) return runHttp(task, completed, failed);
  const found = host.functions.activity(task.name);
  if (found === undefined) {
    const message = host.functions.unknownActivity(task.name);
    return failed(
      `Activity function '${task.name}' failed: ${message}`,
      exceptionText('System.ArgumentException', message),
    );
  }
  const data = activityInput(task.input);
  try {
    const { returnValue } = await host.app.invoke(found.name, {
      inputData: [{ name: found.triggerName, data }],
      triggerMetadata: metadata(found.triggerName, instanceId, data, task.input),
      traceContext: { traceParent: '', traceState: '', attributes: {} },
    });
    if (/\p{Surrogate}/u.test(returnValue?.string ?? '')) {
      host.report(
        `Activity '${task.name}' of '${instanceId}' returned a text with half of a surrogate pair, which ends the real host's worker process with all that it runs. Cure: return text.toWellFormed().`,
        `half of a surrogate pair from ${task.name}`,
      );
      const message = 'node exited with code 1 (0x1)';
      return failed(`Activity function '${task.name}' failed: ${message}`, workerExitText(message));
    }
    return completed(jsonOfResult(returnValue));
  } catch (error) {
    if (error instanceof FunctionTimeoutError) {
      const { reason, details } = activityTimeout(task.name, error);
      return failed(reason, details);
    }
    if (error instanceof WorkerExitError)
      return failed(`Activity function '${task.name}' failed: ${error.message}`, workerExitText(error.message));
    if (error instanceof QuirkError)
      return failed(
        `Activity function '${task.name}' failed: ${error.message}`,
        exceptionText('System.Exception', error.message),
      );
    if (error instanceof JsonReadError)
      return failed(`Activity function '${task.name}' failed: ${error.message}`, jsonExceptionText(error.message));
    if (!(error instanceof InvocationError)) throw error;
    const { reason, details, failureDetails } = activityFailure(task.name, {
      message: error.message,
      stack: error.stack ?? '',
    });
    return failed(reason, details, failureDetails);
  }
}

/** The instance's id, the input, and beside them the members of an object, which may hide the others. */
function metadata(
  triggerName: string,
  instanceId: string,
  data: RpcTypedData,
  input: string | null,
): Record<string, RpcTypedData> {
  const own: Record<string, RpcTypedData> = { instanceId: { string: instanceId } };
  if (input === null || input === 'null') return own;
  own[triggerName] = data;
  own['data'] = { json: input };
  const value: unknown = JSON.parse(input);
  if (isJsonObject(value))
    for (const [name, member] of Object.entries(value)) {
      const text = bindingText(member);
      if (text !== undefined) own[name] = text;
    }
  return own;
}

/** A member as binding data: .NET's text of a plain value, an object as JSON, nothing for a list or null. */
function bindingText(value: unknown): RpcTypedData | undefined {
  if (typeof value === 'boolean') return { string: value ? 'True' : 'False' };
  if (typeof value === 'number') return { string: String(value) };
  if (typeof value === 'string') return { string: netDate(value) ?? value };
  return isJsonObject(value) ? { json: JSON.stringify(value) } : undefined;
}

/** A text that is a time, in .NET's invariant form without fraction and offset. */
function netDate(text: string): string | undefined {
  const found = netTime(text);
  if (found === undefined) return undefined;
  const [, year = '', month = '', day = '', time = ''] = /^(\d+)-(\d+)-(\d+)T(.*)/.exec(found.seconds) ?? [];
  return `${month}/${day}/${year} ${time}`;
}

async function runHttp(
  task: PendingTask,
  completed: (result: string) => HistoryEvent,
  failed: (reason: string, details: string, failure: FailureDetails | null) => HistoryEvent,
): Promise<HistoryEvent> {
  try {
    return completed(await sendDurableHttp(JSON.parse(task.input ?? '{}') as DurableHttpRequest));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof HttpActivityError) return failed(message, httpExceptionText(message, error.inner), null);
    const type = error instanceof HttpRequestFormError ? error.type : 'System.Exception';
    const { details, failureDetails } = taskException(type, message);
    return failed(message, details, failureDetails);
  }
}
