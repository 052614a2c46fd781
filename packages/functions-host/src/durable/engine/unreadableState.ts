/** Answers of executors that the extension cannot convert: the orchestration fails at once. */
import { JsonReadError, readJson } from '../json/jsonReader.js';
import { isTooDeep } from '../json/stored.js';
import { ActionType, type Action, type OrchestratorState, type RetryOptions } from '../replay/actions.js';

/** A .NET exception. */
export interface Problem {
  readonly type: string;
  readonly message: string;
}

const int32 = 2 ** 31;
const httpMethod = /^[!#$%&'*+.^_`|~\w-]+$/;

/**
 * Why an answer cannot be read; undefined if it can.
 * @param text the whole answer, or empty if it came with an error
 */
export function unreadableState(text: string, state: OrchestratorState): Problem | undefined {
  if (isTooDeep(text)) return tooDeep(text);
  for (const [index, action] of (state.actions[0] ?? []).entries()) {
    const problem = problemOf(action, `actions[0][${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function tooDeep(text: string): Problem {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof JsonReadError)
      return { type: 'System.AggregateException', message: `One or more errors occurred. (${error.message})` };
    throw error;
  }
  throw new Error('a text that is too deep has been read');
}

function problemOf(action: Action, path: string): Problem | undefined {
  if (action.actionType === ActionType.CreateTimer && action.fireAt === null)
    return {
      type: 'Newtonsoft.Json.JsonSerializationException',
      message: `Error converting value {null} to type 'System.DateTime'. Path '${path}.fireAt'.`,
    };
  if (action.httpRequest !== undefined && !httpMethod.test(action.httpRequest.method))
    return { type: 'System.FormatException', message: 'The format of the HTTP method is invalid.' };
  const ofRetries = action.retryOptions ? retryProblem(action.retryOptions) : undefined;
  if (ofRetries !== undefined) return ofRetries;
  for (const [index, inner] of (action.compoundActions ?? []).entries()) {
    const problem = problemOf(inner, `${path}.compoundActions[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Options are 32-bit numbers. One that is not a number in the app's code is null here. */
function retryProblem(options: RetryOptions): Problem | undefined {
  for (const value of [options.firstRetryIntervalInMilliseconds, options.maxNumberOfAttempts]) {
    if (value === null)
      return { type: 'System.InvalidCastException', message: 'Null object cannot be converted to a value type.' };
    if (value >= int32 || value < -int32)
      return {
        type: 'System.OverflowException',
        message: 'Value was either too large or too small for an Int32.',
      };
  }
  return undefined;
}
