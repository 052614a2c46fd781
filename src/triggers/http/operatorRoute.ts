import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { admit, PRINCIPAL_HEADER, type OperatorAccess } from '../../domain/clients/operatorAccess.js';
import { audit } from '../../audit/audit.js';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { AnonymousLimit } from './anonymousHandlers.js';
import { guarded } from './guarded.js';
import { problem } from './answers/problem.js';

/** @param actor whom the audit names for what is done: pass it on to what goes on after the answer. */
export type OperatorHandler = (
  request: HttpRequest,
  client: DurableClient,
  actor: string,
  context: InvocationContext,
) => Promise<HttpResponseInit>;

/**
 * The one way to a route that is for operators: its level for the host, and its handler behind the check of who asks.
 * With function keys the host has looked before; with Entra the platform has told who it is, and here is decided whether
 * that is an operator. Whoever is refused counts as anonymous: each refusal is a line of the audit, which nobody may flood.
 * @param limit the one that all anonymous routes share; with function keys the host refuses, and none is needed.
 */
export function operatorRoute(access: OperatorAccess, handler: OperatorHandler, limit?: AnonymousLimit) {
  return {
    authLevel: access.kind === 'functionKey' ? ('function' as const) : ('anonymous' as const),
    handler: (request: HttpRequest, client: DurableClient, context: InvocationContext): Promise<HttpResponseInit> => {
      const admission = admit(access, request.headers.get(PRINCIPAL_HEADER) ?? undefined);
      const { actor = 'anybody' } = admission;
      if (!('refused' in admission)) rememberKeys(request);
      const work = async () =>
        'refused' in admission
          ? (limit?.refusal(request) ?? refuse(request, access, admission.refused))
          : handler(request, client, actor, context);
      return guarded(work, actor)(request, client, context);
    },
  };
}

/** What the operator has shown the host or the platform, which has looked at it before. */
function rememberKeys({ headers, query }: HttpRequest): void {
  seenSecrets.remember(headers.get('x-functions-key') ?? undefined);
  seenSecrets.remember(query.get('code') ?? undefined);
  seenSecrets.remember(headers.get('authorization')?.replace(/^\w+ /, ''));
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
      title: 'Nobody is signed in.',
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
    title: 'The caller is no operator.',
    detail:
      role === undefined
        ? 'The object id is not among those that the app admits (OPERATOR_PRINCIPALS).'
        : `The token lacks the app role ${role}, and its object id is not among those that the app admits.`,
  });
}
