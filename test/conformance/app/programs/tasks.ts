/** Makes durable tasks of steps. */
import * as df from 'durable-functions';

import { oddValue } from './oddValues.js';
import type { Passed, Program, Retries, TaskStep } from './program.js';
import { seconds } from '../orchestrations/names.js';

type Context = df.OrchestrationContext;

/** The value that is passed on; undefined for nothing. */
export const passed = ({ input, odd }: Passed): unknown => (odd === undefined ? input : oddValue(odd));

/** Instance whose name the entities of a program carry. */
export const rootOf = (context: Context): string => context.df.getInput<Program>()?.root ?? context.df.instanceId;

export const entityOf = (context: Context, key: string): df.EntityId =>
  new df.EntityId('Box', `${rootOf(context)}-${key}`);

function retryOptions({ first, attempts, backoff, longest, timeout }: Retries): df.RetryOptions {
  const options = new df.RetryOptions(first, attempts);
  if (backoff !== undefined) options.backoffCoefficient = backoff;
  if (longest !== undefined) options.maxRetryIntervalInMilliseconds = longest;
  if (timeout !== undefined) options.retryTimeoutInMilliseconds = timeout;
  return options;
}

/**
 * @param place of the step in the program; no two steps share one
 * @param timers that were made, for who must cancel them
 */
export function taskOf(context: Context, step: TaskStep, place: string, timers: df.TimerTask[] = []): df.Task {
  const { df: durable } = context;
  switch (step.op) {
    case 'activity':
      return durable.callActivity(step.name, passed(step));
    case 'retry': {
      const input = { key: `${durable.instanceId}-${place}`, failures: step.failures, error: step.error };
      return durable.callActivityWithRetry('fails', retryOptions(step.options), input);
    }
    case 'child': {
      const id = step.named ? `${durable.instanceId}-${place}` : undefined;
      const input = { steps: step.steps, root: rootOf(context) };
      return step.options === undefined
        ? durable.callSubOrchestrator('program', input, id)
        : durable.callSubOrchestratorWithRetry('program', retryOptions(step.options), input, id);
    }
    case 'other':
      return durable.callSubOrchestrator(step.orchestrator, passed(step));
    case 'timer': {
      const timer = durable.createTimer(seconds(context, step.seconds));
      timers.push(timer);
      return timer;
    }
    case 'event':
      return durable.waitForExternalEvent(step.name);
    case 'entity':
      return durable.callEntity(entityOf(context, step.key), step.operation, passed(step));
    case 'all':
      return durable.Task.all(step.tasks.map((task, index) => taskOf(context, task, `${place}a${index}`, timers)));
    case 'any':
      return durable.Task.any(step.tasks.map((task, index) => taskOf(context, task, `${place}y${index}`, timers)));
  }
}
