import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { errorPlace } from '../../serviceErrors/errorPlace.js';
import { inAuditScope } from '../../audit/audit.js';
import { NOT_STORED } from './answers/notStored.js';
import { problem } from './answers/problem.js';

/** A route's handler. */
export type HttpHandler = (request: HttpRequest, client: DurableClient) => Promise<HttpResponseInit>;

/**
 * Headers of every answer: caches store nothing of the API, and browsers do not guess at another media type. None
 * allows pages of other sites to read it.
 */
const PROTECTION = { ...NOT_STORED, 'x-content-type-options': 'nosniff' } as const;

/** Headers of the handler take precedence. */
function protectedAnswer(answer: HttpResponseInit): HttpResponseInit {
  return { ...answer, headers: { ...PROTECTION, ...Object.fromEntries(new Headers(answer.headers)) } };
}

/**
 * Wraps a route's handler: every answer gets the {@link PROTECTION} headers, and an unexpected error becomes a 503, and
 * the log gets its name and place, but not its message, which may quote anything.
 * @param actor the actor in the audit
 */
export function guarded(handler: HttpHandler, actor: string) {
  return async (request: HttpRequest, client: DurableClient, context: InvocationContext): Promise<HttpResponseInit> => {
    try {
      const scope = { log: (line: string) => context.log(line), actor };
      return protectedAnswer(await inAuditScope(scope, () => handler(request, client)));
    } catch (error) {
      context.error(JSON.stringify({ event: 'http.unexpectedError', ...errorPlace(error) }));
      return protectedAnswer(
        problem(
          {
            status: 503,
            code: 'unavailable',
            title: 'The app could not answer.',
            detail: `Try again. If the error persists, see the log of invocation ${context.invocationId}.`,
          },
          { 'retry-after': '5' },
        ),
      );
    }
  };
}
