import { randomUUID } from 'node:crypto';
import { ANONYMOUS, type Identity, type Principal } from '../access/identities.js';
import type { ApiReply, ApiRequest } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { issueAccessToken, TOKEN_LIFETIME } from './accessTokens.js';
import { audienceOf } from './audiences.js';
import { ASSERTION_TYPE, refusedAssertion } from './clientAssertion.js';
import { isSecretOf } from './clientSecret.js';
import { identifyManagedIdentity, managedIdentityRoute } from './managedIdentity.js';

/**
 * Entra ID's client-credentials flow, under a tenant and under `/adfs`. With the latter the Azure CLI uses an authority
 * without asking a public discovery host.
 */
export function entraRoutes(plane: Plane): Route[] {
  const route = (method: 'GET' | 'POST', path: string, operation: string, handle: Route['handle']): Route => ({
    method,
    path,
    service: 'entra',
    operation: `entra/${operation}`,
    handle,
  });
  const tenant = (call: Call): string => call.params['tenant'] ?? 'adfs';
  return [
    route('GET', '/{tenant}/v2.0/.well-known/openid-configuration', 'discovery', (call) =>
      knowsTenant(plane, tenant(call)) ? discovery(plane, call) : tenantNotFound(plane, tenant(call)),
    ),
    route('GET', '/{tenant}/.well-known/openid-configuration', 'discovery', (call) =>
      knowsTenant(plane, tenant(call)) ? discovery(plane, call) : tenantNotFound(plane, tenant(call)),
    ),
    route('POST', '/{tenant}/oauth2/v2.0/token', 'token', (call) =>
      knowsTenant(plane, tenant(call)) ? token(plane, call) : tenantNotFound(plane, tenant(call)),
    ),
    route('POST', '/{tenant}/oauth2/token', 'token', (call) =>
      knowsTenant(plane, tenant(call)) ? token(plane, call) : tenantNotFound(plane, tenant(call)),
    ),
    route('GET', '/{tenant}/discovery/v2.0/keys', 'keys', () => ({
      status: 200,
      body: { keys: [plane.signingKey.publicJwk] },
    })),
    route('GET', '/{tenant}/discovery/keys', 'keys', () => ({
      status: 200,
      body: { keys: [plane.signingKey.publicJwk] },
    })),
    managedIdentityRoute(plane),
  ];
}

/** For counters: the application of the request, whether or not its secret is valid. */
export function identifyEntraClient(plane: Plane, request: ApiRequest): Principal {
  const managed = identifyManagedIdentity(plane, request);
  if (managed) return managed;
  const clientId = new URLSearchParams(request.body.toString('utf8')).get('client_id');
  return plane.identities.find((one) => one.clientId === clientId) ?? ANONYMOUS;
}

function knowsTenant(plane: Plane, tenant: string): boolean {
  return ['adfs', plane.arm.tenantId].includes(tenant.toLowerCase());
}

function discovery(plane: Plane, call: Call): ApiReply {
  const tenant = call.params['tenant'] ?? 'adfs';
  const root = `${plane.baseUrl}/${tenant}`;
  const isAdfs = tenant.toLowerCase() === 'adfs';
  return {
    status: 200,
    body: {
      issuer: issuerOf(plane, call, root),
      authorization_endpoint: isAdfs ? `${root}/oauth2/authorize` : `${root}/oauth2/v2.0/authorize`,
      token_endpoint: isAdfs ? `${root}/oauth2/token` : `${root}/oauth2/v2.0/token`,
      device_authorization_endpoint: isAdfs ? `${root}/oauth2/devicecode` : `${root}/oauth2/v2.0/devicecode`,
      jwks_uri: isAdfs ? `${root}/discovery/keys` : `${root}/discovery/v2.0/keys`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      response_types_supported: ['code', 'id_token', 'token'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    },
  };
}

/** The v1 document names the issuer of v1 tokens; v2 has its own. */
function issuerOf(plane: Plane, call: Call, root: string): string {
  if (root.endsWith('/adfs')) return root;
  return call.path.includes('/v2.0/') ? `${root}/v2.0` : `https://sts.windows.net/${plane.arm.tenantId}/`;
}

async function token(plane: Plane, call: Call): Promise<ApiReply> {
  const form = new URLSearchParams(call.body.toString('utf8'));
  const grant = form.get('grant_type');
  if (grant !== 'client_credentials') {
    const message = `The app requested an unsupported grant type '${grant ?? ''}'.`;
    return failure(plane, 400, 'unsupported_grant_type', 70003, message);
  }
  const clientId = form.get('client_id') ?? '';
  const identity = plane.identities.find((one) => one.clientId === clientId);
  if (!identity) {
    const message = `Application with identifier '${clientId}' was not found in the directory 'local'.`;
    return failure(plane, 400, 'unauthorized_client', 700016, message);
  }
  const refused = await refusedCredential(plane, identity, form);
  if (refused) return failure(plane, 401, 'invalid_client', refused.code, refused.message);
  const scope = form.get('scope') ?? (form.get('resource') === null ? '' : `${form.get('resource')}/.default`);
  const asked = scope.split(' ').find((one) => one.endsWith('/.default'));
  if (asked === undefined) {
    const message =
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with ` +
      `/.default suffixed to the resource identifier (application ID URI).`;
    return failure(plane, 400, 'invalid_scope', 1002012, message);
  }
  const resource = asked.slice(0, -'/.default'.length);
  if (!audienceOf(resource, plane.baseUrl)) {
    const message = `The resource principal named ${resource} was not found in the tenant named local.`;
    return failure(plane, 400, 'invalid_resource', 500011, message);
  }
  return {
    status: 200,
    headers: { 'cache-control': 'no-store, no-cache' },
    body: {
      token_type: 'Bearer',
      expires_in: TOKEN_LIFETIME,
      ext_expires_in: TOKEN_LIFETIME,
      access_token: await issueAccessToken(plane, identity, resource),
    },
  };
}

/** Why neither a secret nor an assertion signs the application in; undefined if one does. */
async function refusedCredential(
  plane: Plane,
  identity: Identity,
  form: URLSearchParams,
): Promise<{ readonly code: number; readonly message: string } | undefined> {
  if (form.get('client_assertion_type') === ASSERTION_TYPE)
    return refusedAssertion(plane, identity, form.get('client_assertion') ?? '');
  if (isSecretOf(identity, form.get('client_secret') ?? '')) return undefined;
  return {
    code: 7000215,
    message:
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, ` +
      `not the client secret ID, for a secret added to app '${identity.clientId}'.`,
  };
}

function tenantNotFound(plane: Plane, tenant: string): ApiReply {
  const message = `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`;
  return failure(plane, 400, 'invalid_tenant', 90002, message);
}

/** Entra ID's error answer (Microsoft identity platform docs: "Authentication and authorization error codes"). */
function failure(plane: Plane, status: number, error: string, code: number, message: string): ApiReply {
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = `${plane.clock.now().toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${code}: ${message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
    },
  };
}
