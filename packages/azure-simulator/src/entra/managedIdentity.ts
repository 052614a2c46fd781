import { randomUUID } from 'node:crypto';
import { ANONYMOUS, type Identity, type Principal } from '../access/identities.js';
import { header, type ApiReply, type ApiRequest } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { issueAccessToken, TOKEN_LIFETIME } from './accessTokens.js';
import { audienceOf } from './audiences.js';
import { isSecretOf } from './clientSecret.js';

/** The path of `IDENTITY_ENDPOINT`. */
const ENDPOINT = '/msi/token';

/** The version that the SDKs send to App Service's endpoint. */
const API_VERSION = '2019-08-01';

/**
 * The token endpoint of App Service for managed identities (Azure docs: app-service overview-managed-identity, "REST
 * endpoint reference"). An app finds its address in `IDENTITY_ENDPOINT`, and sends `IDENTITY_HEADER` as a secret, which
 * here is the secret of the identity `app`. The identities of the app are `app` and all whose names begin with `app-`.
 */
export function managedIdentityRoute(plane: Plane): Route {
  return {
    method: 'GET',
    path: ENDPOINT,
    service: 'entra',
    operation: 'entra/managedIdentityToken',
    handle: (call) => token(plane, call),
  };
}

/** For counters: the identity that the request names; undefined for requests of other paths. */
export function identifyManagedIdentity(plane: Plane, request: ApiRequest): Principal | undefined {
  if (request.path.toLowerCase() !== ENDPOINT) return undefined;
  return assigned(plane, request) ?? ANONYMOUS;
}

/** Without a client id it is the identity `app`, as if that were the system-assigned one. */
function assigned(plane: Plane, { query }: Pick<ApiRequest, 'query'>): Identity | undefined {
  const clientId = query.get('client_id');
  return plane.identities.find(
    ({ name, clientId: own }) =>
      (name === 'app' || name.startsWith('app-')) && (clientId === undefined ? name === 'app' : own === clientId),
  );
}

async function token(plane: Plane, call: Call): Promise<ApiReply> {
  const app = plane.identities.find(({ name }) => name === 'app');
  if (!app || !isSecretOf(app, header(call, 'x-identity-header') ?? ''))
    return failure(401, 'The header X-IDENTITY-HEADER is missing or wrong.');
  if (call.query.get('api-version') !== API_VERSION) return failure(400, `The api-version must be ${API_VERSION}.`);
  const identity = assigned(plane, call);
  if (!identity)
    return failure(
      400,
      'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
    );
  const resource = call.query.get('resource') ?? '';
  if (!audienceOf(resource, plane.baseUrl))
    return failure(400, `The resource principal named ${resource} was not found in the tenant named local.`);
  const now = Math.floor(plane.clock.now().getTime() / 1000);
  return {
    status: 200,
    headers: { 'cache-control': 'no-store, no-cache' },
    body: {
      access_token: await issueAccessToken(plane, identity, resource),
      client_id: identity.clientId,
      expires_on: String(now + TOKEN_LIFETIME),
      not_before: String(now),
      resource,
      token_type: 'Bearer',
    },
  };
}

/** The endpoint's error answer. Of its texts only that about an unknown identity is public. */
function failure(statusCode: number, message: string): ApiReply {
  return { status: statusCode, body: { statusCode, message, correlationId: randomUUID() } };
}
