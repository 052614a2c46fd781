import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { admit, PRINCIPAL_HEADER, type OperatorAccess } from '../../domain/clients/operatorAccess.js';
import { audit } from '../../audit/audit.js';
import type { AnonymousLimit } from './anonymousHandlers.js';
import { guarded } from './guarded.js';
import { problem } from './answers/problem.js';
import { crossSiteRefusal, mediaTypeRefusal } from './requests/crossSite.js';
import { rememberRequestSecrets } from './requests/requestSecrets.js';

/** @param actor the actor in the audit, also for work that continues after the answer */
export type OperatorHandler = (
  request: HttpRequest,
  client: DurableClient,
  actor: string,
  context: InvocationContext,
) => Promise<HttpResponseInit>;

/**
 * Wraps the handler of every route for operators, and sets the host's authentication level. With function keys, the
 * host has checked the key. With Entra, the platform has authenticated the caller, and this decides whether the caller
 * is an operator. Refused callers count as anonymous, since each refusal writes an audit line. Before all else,
 * requests of browsers from pages of other sites are refused.
 * @param limit shared with the anonymous routes; not needed with function keys, where the host refuses
 */
export function operatorRoute(access: OperatorAccess, handler: OperatorHandler, limit?: AnonymousLimit) {
  return {
    authLevel: access.kind === 'functionKey' ? ('function' as const) : ('anonymous' as const),
    handler: (request: HttpRequest, client: DurableClient, context: InvocationContext): Promise<HttpResponseInit> => {
      const admission = admit(access, request.headers.get(PRINCIPAL_HEADER) ?? undefined);
      const { actor = 'anybody' } = admission;
      if (!('refused' in admission)) rememberRequestSecrets(access, request);
      const work = async () =>
        crossSiteRefusal(request) ??
        ('refused' in admission
          ? (limit?.refusal(request) ?? refuse(request, access, admission.refused))
          : (mediaTypeRefusal(request) ?? handler(request, client, actor, context)));
      return guarded(work, actor)(request, client, context);
    },
  };
}

function refuse(
  { url }: HttpRequest,
  access: OperatorAccess,
  reason: 'not-authenticated' | 'not-an-operator',
): HttpResponseInit {
  audit('operator.admit.refused', { resource: new URL(url).pathname.slice(0, 200), reason });
  return reason === 'not-authenticated' ? notAuthenticated() : notAnOperator(access);
}

function notAuthenticated(): HttpResponseInit {
  return problem(
    {
      status: 401,
      code: 'not-authenticated',
      title: 'Authentication required.',
      detail: "Send Authorization: Bearer with an Entra access token for this app's registration.",
    },
    { 'www-authenticate': 'Bearer' },
  );
}

function notAnOperator(access: OperatorAccess): HttpResponseInit {
  const role = access.kind === 'entra' ? access.role : undefined;
  return problem({
    status: 403,
    code: 'not-an-operator',
    title: 'The caller is not an operator.',
    detail:
      role === undefined
        ? 'The object id of the caller is not in the setting OPERATOR_PRINCIPALS.'
        : `The token lacks the app role ${role}, and its object id is not in the setting OPERATOR_PRINCIPALS.`,
  });
}
