import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** How the app tells operators from others. */
export type OperatorAccess =
  /** Whoever brings the host's function key is an operator; more is not known of them. */
  | { readonly kind: 'functionKey' }
  /** Whom the platform's authentication has admitted with Entra, and who has the role or is listed. */
  | { readonly kind: 'entra'; readonly role?: string; readonly principals: readonly string[] };

/** What the audit calls whoever holds the function key. */
export const FUNCTION_KEY_ACTOR = 'function-key';

/**
 * The platform's word on who asks. It takes the header from outside requests away, so only it can set it (Azure docs:
 * App Service, configure-authentication-user-identities); that holds only while its authentication is on.
 */
export const PRINCIPAL_HEADER = 'x-ms-client-principal';

/** The header's content: base64 of JSON. `name_typ` and `role_typ` say which claims name the caller and their roles. */
const clientPrincipal = z.object({
  auth_typ: z.string(),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
  role_typ: z.string().nullish(),
});
type ClientPrincipal = z.infer<typeof clientPrincipal>;

/** Entra's name as a provider of the platform. */
const ENTRA = 'aad';

/** Claims by their short names and by those that the platform's mapping gives them. */
const OBJECT_ID = ['oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'];
const TENANT_ID = ['tid', 'http://schemas.microsoft.com/identity/claims/tenantid'];
const ROLES = ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'];

export type Admission =
  { readonly actor: string } | { readonly refused: 'not-authenticated' | 'not-an-operator'; readonly actor?: string };

/** Who asks, or why they are not let in. @param header the request's {@link PRINCIPAL_HEADER}. */
export function admit(access: OperatorAccess, header: string | undefined): Admission {
  if (access.kind === 'functionKey') return { actor: FUNCTION_KEY_ACTOR };
  const principal = header === undefined ? undefined : parsePrincipal(header);
  const objectId = principal && valuesOf(principal, OBJECT_ID)[0];
  if (!principal || principal.auth_typ !== ENTRA || !objectId) return { refused: 'not-authenticated' };
  const actor = actorOf(principal, objectId);
  const roles = valuesOf(principal, [...ROLES, ...(principal.role_typ ? [principal.role_typ] : [])]);
  const hasRole = access.role !== undefined && roles.includes(access.role);
  return hasRole || access.principals.includes(objectId.toLowerCase())
    ? { actor }
    : { refused: 'not-an-operator', actor };
}

function parsePrincipal(header: string): ClientPrincipal | undefined {
  return clientPrincipal.safeParse(parseJson(Buffer.from(header, 'base64').toString('utf8'))).data;
}

function valuesOf({ claims }: ClientPrincipal, types: readonly string[]): string[] {
  return claims.flatMap(({ typ, val }) => (types.includes(typ) && val !== '' ? [val] : []));
}

/** Longest name of a principal in the audit. */
const MAX_CHARACTERS = 100;

/**
 * What the audit calls a principal: its object id, with its tenant's behind an @. Neither changes nor is given again, as a
 * sign-in name may be. Other characters than those of such ids become `_`.
 */
function actorOf(principal: ClientPrincipal, objectId: string): string {
  const tenant = valuesOf(principal, TENANT_ID)[0];
  const name = tenant === undefined ? objectId : `${objectId}@${tenant}`;
  return name.replaceAll(/[^\w@.+-]/g, '_').slice(0, MAX_CHARACTERS);
}
