import type { Bearer } from '../access/bearerTokens.js';
import { errorReply } from './errors.js';
import type { RegistryContext, RegistryRequest, Reply } from './exchange.js';

/**
 * Where a connected registry issues tokens (Azure/acr docs:
 * connected-registry/quickstart-view-connected-registry-repos-and-tags).
 */
export const TOKEN_PATH = '/acr/oauth2/token';

/** The access that a route requires. */
export interface Needed {
  type: 'repository' | 'registry';
  name: string;
  action: string;
}

/** The valid bearer of a request; undefined if there is none. */
export async function bearerOf(request: RegistryRequest, context: RegistryContext): Promise<Bearer | undefined> {
  const token = bearerToken(request);
  return token ? context.bearerTokens.verify(token, request.host) : undefined;
}

/** 401 with a challenge that names the token endpoint and, if `needed` is given, the required scope. */
export function challenged(request: RegistryRequest, needed?: Needed): Reply {
  const message = 'authentication required, visit https://aka.ms/acr/authorization for more information.';
  const given = bearerToken(request) !== undefined;
  const error = given ? { error: 'invalid_token' } : {};
  const reason = given
    ? 'the bearer token is forged, expired or issued for another address'
    : 'no bearer token was sent; the challenge names the token endpoint';
  return {
    ...errorReply(401, 'UNAUTHORIZED', message, detail(needed), challenge(request, needed, error)),
    noted: { code: 'UNAUTHORIZED', reason },
  };
}

/**
 * Allows a request with sufficient access, or returns the refusal: {@link challenged} without a valid token; without
 * the access 401 too, as in the cloud registry, with `error="insufficient_scope"` and the documented message of
 * connected registries (Azure/acr docs: connected-registry/troubleshooting, "Insufficient scopes to perform the
 * operation").
 */
export async function authorize(
  request: RegistryRequest,
  context: RegistryContext,
  needed: Needed,
): Promise<Bearer | Reply> {
  const bearer = await bearerOf(request, context);
  if (!bearer) return challenged(request, needed);
  if (holds(bearer, needed)) return bearer;
  const message = 'Insufficient scopes to perform the operation';
  const error = { error: 'insufficient_scope', error_description: message };
  const reason = `the token's scope map does not grant ${needed.action} on ${needed.name}`;
  return {
    ...errorReply(401, 'DENIED', message, detail(needed), challenge(request, needed, error)),
    noted: { code: 'DENIED', client: bearer.client, reason },
  };
}

function bearerToken({ headers }: RegistryRequest): string | undefined {
  return /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}

function detail(needed: Needed | undefined): unknown {
  return needed ? [{ Type: needed.type, Name: needed.name, Action: needed.action }] : null;
}

function holds(bearer: Bearer, needed: Needed): boolean {
  return bearer.access.some(
    ({ type, name, actions }) => type === needed.type && name === needed.name && actions.includes(needed.action),
  );
}

function challenge(
  { host }: RegistryRequest,
  needed: Needed | undefined,
  error: Record<string, string>,
): Record<string, string> {
  const parameters = {
    realm: `http://${host}${TOKEN_PATH}`,
    service: host,
    ...(needed && { scope: `${needed.type}:${needed.name}:${needed.action === 'push' ? 'pull,push' : needed.action}` }),
    ...error,
  };
  const text = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return { 'www-authenticate': `Bearer ${text.join(',')}` };
}
