import { format } from 'node:util';
import { app, type InvocationContext } from '@azure/functions';
import { errorPlace } from '../serviceErrors/errorPlace.js';
import { ServiceError } from '../serviceErrors/serviceError.js';
import { redactedValue } from '@connected-registry/protocol/redaction/redactedValue';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { DeliverAgain } from '../triggers/eventGrid/eventFunction.js';

/** The durable SDK's own: their throws carry its state, and what they are made of came through the activities below. */
const ENGINE_TRIGGERS = ['orchestrationTrigger', 'entityTrigger'];

/** The one answer that hands out keys on purpose: to the device that they are for. */
const ANSWERS_WITH_KEYS = ['getPendingMessages'];

/** An error that nobody foresaw, without its words: they may quote anything. */
class Unexpected extends Error {
  override readonly name = 'Unexpected';

  constructor(error: unknown) {
    const { name, frames } = errorPlace(error);
    super(`an unexpected ${name}`);
    this.stack = [`${this.name}: ${this.message}`, ...frames.map((frame) => `    ${frame}`)].join('\n');
  }
}

/**
 * Has every invocation's log lines, results (which become durable history or an answer) and throws (which the host logs,
 * sends to telemetry and keeps) pass without the secrets that this process has seen.
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
 * Redacts by the host's hook for log lines. Older workers have none and refuse it (source: azure-functions-nodejs-worker 3.9.1,
 * registerHook): there each invocation's own methods are replaced.
 *
 * @returns what is to be done with every invocation
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
