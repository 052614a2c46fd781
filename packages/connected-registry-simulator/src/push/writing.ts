import { takesWrites } from '@connected-registry/protocol/registry/armEnumerations';
import type { Bearer } from '../access/bearerTokens.js';
import { grants } from '../access/actions.js';
import { authorize, bearerOf, challenged } from '../registry/authorization.js';
import { errorReply } from '../registry/errors.js';
import type { RegistryContext, RegistryRequest, Reply } from '../registry/exchange.js';

/**
 * Allows a write, or returns the refusal. A read-only connected registry accepts no writes, whatever the client token's
 * rights (Azure/acr docs: connected-registry/troubleshooting, "This operation is not allowed on this registry").
 * Otherwise content/write is required in the client token, and in every sync scope on the path to the cloud.
 */
export async function authorizeWrite(
  request: RegistryRequest,
  context: RegistryContext,
  repository: string,
): Promise<Bearer | Reply> {
  const needed = { type: 'repository', name: repository, action: 'push' } as const;
  const { mode, scopes } = context.serving();
  if (takesWrites(mode) !== true) {
    return (await bearerOf(request, context)) ? notAllowed() : challenged(request, needed);
  }
  const bearer = await authorize(request, context, needed);
  if ('status' in bearer) return bearer;
  const inScope = scopes.length > 0 && scopes.every((actions) => grants(actions, repository, 'content/write'));
  return inScope ? bearer : notAllowed();
}

function notAllowed(): Reply {
  return errorReply(403, 'DENIED', 'This operation is not allowed on this registry.');
}
