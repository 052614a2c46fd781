import type { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { isAllowed } from '../access/authorize.js';
import type { Principal } from '../access/identities.js';
import type { TokenVerifier } from '../entra/accessTokens.js';
import type { ApiReply, ApiRequest } from '../http/message.js';
import { vaultId } from '../arm/ids.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { badParameter, vaultError } from './errors.js';
import { newest } from './vaultState.js';

const VERSIONS = ['7.0', '7.1', '7.2', '7.3', '7.4', '7.5', '7.6', '2016-10-01', '2025-06-01-preview', '2025-07-01'];

/** What the vault allows, by the names of its data actions (Azure docs: key-vault rbac-guide). */
export type SecretAction = 'getSecret' | 'setSecret' | 'readMetadata' | 'delete' | 'recover' | 'purge' | 'update';

/** Creates vault routes that check api-version and authorization for the particular secret. */
export function vaultRoute(
  plane: Plane,
  method: Route['method'],
  path: string,
  action: SecretAction,
  operation: string,
  handle: Route['handle'],
): Route {
  return {
    method,
    path,
    service: 'vault',
    operation: `vault/${operation}`,
    handle(call) {
      checkVersion(call);
      authorize(plane, call, action);
      return handle(call);
    },
  };
}

function checkVersion(call: Call): void {
  const version = call.query.get('api-version');
  if (version === undefined) throw badParameter('Missing required query parameter: api-version.');
  if (!VERSIONS.includes(version.toLowerCase())) {
    throw badParameter(
      `The specified version (${version}) is not recognized. Consider using the latest supported version (2025-07-01).`,
    );
  }
}

function authorize(plane: Plane, call: Call, action: SecretAction): void {
  const name = call.params['name'];
  const secret = name === undefined ? undefined : plane.vault.secrets.get(name);
  const scope = name === undefined ? vaultId(plane.arm) : `${vaultId(plane.arm)}/secrets/${name}`;
  const { principal } = call;
  const actionName = `Microsoft.KeyVault/vaults/secrets/${action}${action === 'delete' ? '' : '/action'}`;
  const allowed = isAllowed(plane.arm.roleAssignments, {
    principalId: principal.objectId,
    action: actionName,
    scope,
    plane: 'data',
    ...(secret && { secretTags: newest(secret).tags }),
  });
  if (allowed) return;
  throw vaultError(
    403,
    'Forbidden',
    [
      'Caller is not authorized to perform action on resource.',
      'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
      `Caller: appid=${principal.clientId};oid=${principal.objectId};iss=https://sts.windows.net/${plane.arm.tenantId}/`,
      `Action: '${actionName}'`,
      `Resource: '${scope.toLowerCase()}'`,
      'Assignment: (not found)',
      'DenyAssignmentId: null',
      'DecisionReason: null ',
      `Vault: ${plane.arm.vaultName};location=westeurope`,
      '',
    ].join('\r\n'),
    'ForbiddenByRbac',
  );
}

/**
 * Verifies the bearer token, or answers with a challenge that names the token authority (Azure docs: key-vault
 * "Authentication, requests, and responses").
 */
export async function identifyVaultCaller(
  plane: Plane,
  verifier: TokenVerifier,
  request: ApiRequest,
): Promise<Principal | ApiReply> {
  const verdict = await verifier.verify(request.headers.authorization, 'vault');
  if (typeof verdict !== 'string') return verdict;
  const message = {
    missing: 'AKV10000: Request is missing a Bearer or PoP token.',
    invalid: 'AKV10001: Bearer token is invalid.',
    expired: 'AKV10002: Bearer token is expired.',
    audience: 'AKV10022: Invalid audience. Expected https://vault.azure.net.',
  }[verdict];
  const authorization = `${plane.baseUrl}/${plane.arm.tenantId}`;
  return {
    status: 401,
    headers: {
      'www-authenticate': `Bearer authorization="${authorization}", resource="https://vault.azure.net"`,
      'x-ms-keyvault-region': 'westeurope',
    },
    body: { error: { code: 'Unauthorized', message } },
  };
}

/** @throws 400 BadParameter */
export function vaultBody<T extends z.ZodType>(call: Call, schema: T): z.output<T> {
  const value = parseJson(call.body.toString('utf8'));
  if (value === undefined) {
    throw badParameter('The request body is not valid JSON.');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw badParameter(`The parameter ${issue?.path.join('.') ?? ''} is invalid: ${issue?.message ?? ''}`);
}
