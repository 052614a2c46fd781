import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { errorPlace } from '../../serviceErrors/errorPlace.js';

type TimerHandler = (timer: Timer, client: DurableClient, context: InvocationContext) => Promise<void>;

/**
 * Runs the handlers of one timer one after the other. They have nothing to do with each other, so a failure of one does
 * not keep the others from running; each failure is logged by its place.
 * @throws the first failure, after all have run, so that the host reports the invocation as failed
 */
export function eachHandler(handlers: Readonly<Record<string, TimerHandler>>): TimerHandler {
  return async (timer, client, context) => {
    const failures: unknown[] = [];
    for (const [name, handle] of Object.entries(handlers))
      try {
        await handle(timer, client, context);
      } catch (error) {
        context.error(JSON.stringify({ event: 'timer.unexpectedError', handler: name, ...errorPlace(error) }));
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  };
}
