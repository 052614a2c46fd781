import { basicCredentials, refusalOf } from '../access/credentials.js';
import { grantedAccess, parseScopes } from '../access/scopes.js';
import { errorReply } from './errors.js';
import { jsonReply } from './exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from './exchange.js';

const BODY_LIMIT = 64 * 1024;

interface TokenRequest {
  user: string;
  password: string;
  scopes: string[];
}

/**
 * The token endpoint: GET with Basic authentication, or POST with the password grant, as docker and other clients use
 * them (distribution docs: spec/auth/token, spec/auth/oauth). Wrong credentials and tokens that were not in the last
 * sync get the same 401, so that the answer does not reveal which tokens exist. The issued token omits scopes beyond
 * the client token's rights.
 */
export async function tokenEndpoint(request: RegistryRequest, context: RegistryContext): Promise<Reply> {
  const given = await readRequest(request);
  if (given === undefined) return refused('neither user nor password was sent');
  if ('status' in given) return given;
  const client = context.serving().tokens.get(given.user);
  const refusal = refusalOf(client, given.password, context.clock.now());
  if (!client || refusal !== undefined) return refused(refusal ?? 'unknown', nameOf(given.user));
  const access = grantedAccess(parseScopes(given.scopes), client.actions);
  const { token, issuedAt, expiresIn } = await context.bearerTokens.issue(client.name, request.host, access);
  const answer = jsonReply(
    200,
    { access_token: token, token, expires_in: expiresIn, issued_at: issuedAt.toISOString(), token_type: 'Bearer' },
    { 'cache-control': 'no-store' },
  );
  const scopes = access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
  return { ...answer, noted: { client: client.name, scopes } };
}

/** A name in ACR's form (5 to 50 letters, digits, hyphens). Anything else may be a password in the wrong field. */
function nameOf(user: string): string {
  return /^[A-Za-z0-9-]{5,50}$/.test(user) ? user : '(not a token name)';
}

async function readRequest(request: RegistryRequest): Promise<TokenRequest | Reply | undefined> {
  if (request.method === 'GET') {
    const basic = basicCredentials(request.headers.authorization);
    return basic && { ...basic, scopes: request.query.getAll('scope') };
  }
  if (request.method !== 'POST') return errorReply(405, 'UNSUPPORTED', 'the operation is unsupported');
  const form = new URLSearchParams((await request.bytes(BODY_LIMIT)).toString('utf8'));
  if (form.get('grant_type') !== 'password') {
    return errorReply(400, 'UNSUPPORTED', 'grant_type must be password');
  }
  return { user: form.get('username') ?? '', password: form.get('password') ?? '', scopes: form.getAll('scope') };
}

/** @param reason for the log only: the answer is always the same */
function refused(reason: string, client?: string): Reply {
  const message = 'authentication required, visit https://aka.ms/acr/authorization for more information.';
  const answer = errorReply(401, 'UNAUTHORIZED', message, null, {
    'www-authenticate': 'Basic realm="Azure Container Registry"',
  });
  return { ...answer, noted: { code: 'UNAUTHORIZED', ...(client === undefined ? {} : { client }), reason } };
}
