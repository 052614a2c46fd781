import { format } from 'node:util';
import { app, type InvocationContext } from '@azure/functions';
import { errorPlace } from '../serviceErrors/errorPlace.js';
import { ServiceError } from '../serviceErrors/serviceError.js';
import { redactedValue } from '@connected-registry/protocol/redaction/redactedValue';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { DeliverAgain } from '../triggers/eventGrid/eventFunction.js';

/** Triggers of the durable SDK: their throws carry its state, and their data has passed through guarded activities. */
const ENGINE_TRIGGERS = ['orchestrationTrigger', 'entityTrigger'];

/**
 * Functions whose answer contains keys on purpose: for the device that the keys belong to, or for the operator who has
 * requested a join token.
 */
const ANSWERS_WITH_KEYS = ['getPendingMessages', 'getDeviceMessages', 'postEnrolments'];

/** An unexpected error without its message, which may quote anything. */
class Unexpected extends Error {
  override readonly name = 'Unexpected';

  constructor(error: unknown) {
    const { name, frames } = errorPlace(error);
    super(`an unexpected ${name}`);
    this.stack = [`${this.name}: ${this.message}`, ...frames.map((frame) => `    ${frame}`)].join('\n');
  }
}

/**
 * Removes secrets that this process has seen from every invocation's log lines, results (which become durable history
 * or an answer) and throws (which the host logs, sends to telemetry and keeps).
 */
export function guardInvocations(): void {
  const guardLines = guardLog();
  app.hook.preInvocation((context) => {
    const { functionHandler, invocationContext } = context;
    guardLines(invocationContext);
    if (ENGINE_TRIGGERS.includes(invocationContext.options.trigger.type)) return;
    const handsOutKeys = ANSWERS_WITH_KEYS.includes(invocationContext.functionName);
    context.functionHandler = async (...args: Parameters<typeof functionHandler>): Promise<unknown> => {
      try {
        const result: unknown = await functionHandler(...args);
        return handsOutKeys ? result : redactedValue(result);
      } catch (error) {
        throw error instanceof ServiceError || error instanceof DeliverAgain ? error : new Unexpected(error);
      }
    };
  });
}

const LOG_METHODS = ['log', 'trace', 'debug', 'info', 'warn', 'error'] as const;

/**
 * Redacts log lines by the host's log hook. Older workers refuse that hook (source: azure-functions-nodejs-worker
 * 3.9.1, registerHook); with these the log methods of each invocation are replaced.
 *
 * @returns a function to call with every invocation's context.
 */
function guardLog(): (context: InvocationContext) => void {
  try {
    app.hook.log((context) => {
      context.message = seenSecrets.redact(context.message);
    });
    return () => undefined;
  } catch {
    return (context) => {
      for (const method of LOG_METHODS) {
        const write = context[method].bind(context);
        context[method] = (...words: unknown[]) => write(seenSecrets.redact(format(...words)));
      }
    };
  }
}
