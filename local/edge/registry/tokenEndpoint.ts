import { passwordOpens } from '../access/credentials.js';
import { grantedAccess, parseScopes } from '../access/scopes.js';
import { errorReply } from './errors.js';
import { jsonReply } from './exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from './exchange.js';

interface TokenRequest {
  user: string;
  password: string;
  scopes: string[];
}

/**
 * The token endpoint: GET with Basic authentication, or POST with the password grant, as docker and other clients use them
 * (distribution docs: spec/auth/token, spec/auth/oauth). Wrong credentials and tokens that did not come with the last sync
 * are the same 401: the registry does not say which. Scopes beyond the client token's rights are left out of the token.
 */
export async function tokenEndpoint(request: RegistryRequest, context: RegistryContext): Promise<Reply> {
  const asked = await readRequest(request);
  if (asked === undefined || 'status' in asked) return asked ?? refused();
  const client = context.serving().tokens.get(asked.user);
  if (!client || !passwordOpens(client, asked.password, context.clock.now())) return refused();
  const access = grantedAccess(parseScopes(asked.scopes), client.actions);
  const { token, issuedAt, expiresIn } = await context.bearerTokens.issue(client.name, request.host, access);
  return jsonReply(
    200,
    { access_token: token, token, expires_in: expiresIn, issued_at: issuedAt.toISOString(), token_type: 'Bearer' },
    { 'cache-control': 'no-store' },
  );
}

async function readRequest(request: RegistryRequest): Promise<TokenRequest | Reply | undefined> {
  if (request.method === 'GET') {
    const basic = basicCredentials(request.headers.authorization);
    return basic && { ...basic, scopes: request.query.getAll('scope') };
  }
  if (request.method !== 'POST') return errorReply(405, 'UNSUPPORTED', 'the operation is unsupported');
  const form = new URLSearchParams(await request.body());
  if (form.get('grant_type') !== 'password') {
    return errorReply(400, 'UNSUPPORTED', 'grant_type must be password');
  }
  return { user: form.get('username') ?? '', password: form.get('password') ?? '', scopes: form.getAll('scope') };
}

function basicCredentials(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^basic (.+)$/i.exec(header ?? '')?.[1];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function refused(): Reply {
  const message = 'authentication required, visit https://aka.ms/acr/authorization for more information.';
  return errorReply(401, 'UNAUTHORIZED', message, null, {
    'www-authenticate': 'Basic realm="Azure Container Registry"',
  });
}
