import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { errorPlace } from '../../serviceErrors/errorPlace.js';
import { inAuditScope } from '../../audit/audit.js';
import { problem } from './answers/problem.js';

type Handler = (request: HttpRequest, client: DurableClient) => Promise<HttpResponseInit>;

/**
 * The last resort of every route: an error that nobody foresaw becomes a plain 503, and its name and place go to the log
 * (not its message, which may quote anything).
 * @param actor whom the audit names for what the route does.
 */
export function guarded(handler: Handler, actor: string) {
  return async (request: HttpRequest, client: DurableClient, context: InvocationContext): Promise<HttpResponseInit> => {
    try {
      const scope = { log: (line: string) => context.log(line), actor };
      return await inAuditScope(scope, () => handler(request, client));
    } catch (error) {
      context.error(JSON.stringify({ event: 'http.unexpectedError', ...errorPlace(error) }));
      return problem(
        {
          status: 503,
          code: 'unavailable',
          title: 'The app could not answer.',
          detail: `Try again. If it stays so, the log of invocation ${context.invocationId} says where it failed.`,
        },
        { 'retry-after': '5' },
      );
    }
  };
}
