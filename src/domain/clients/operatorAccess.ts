import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** How the app recognises operators. */
export type OperatorAccess =
  /** Any caller with the host's function key is an operator. Their identity is unknown. */
  | { readonly kind: 'functionKey' }
  /** Callers that App Service authentication admitted with Entra, and that have the role or are listed by object id. */
  | { readonly kind: 'entra'; readonly role?: string; readonly principals: readonly string[] };

/** The actor in the audit for callers with the function key. */
const FUNCTION_KEY_ACTOR = 'function-key';

/**
 * The header by which App Service authentication names the caller. The platform removes it from outside requests, so
 * only the platform can set it, as long as its authentication is on (Azure docs: App Service,
 * configure-authentication-user-identities).
 */
export const PRINCIPAL_HEADER = 'x-ms-client-principal';

/** The header's content: base64 of JSON. `role_typ` is the type of the claims that name the caller's roles. */
const clientPrincipal = z.object({
  auth_typ: z.string(),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
  role_typ: z.string().nullish(),
});
type ClientPrincipal = z.infer<typeof clientPrincipal>;

/** Name of Entra as an authentication provider of App Service. */
const ENTRA = 'aad';

/** Claim types: the short name, and the name after the platform's mapping. */
const OBJECT_ID = ['oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'];
const TENANT_ID = ['tid', 'http://schemas.microsoft.com/identity/claims/tenantid'];
const ROLES = ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'];

type OperatorAdmission =
  { readonly actor: string } | { readonly refused: 'not-authenticated' | 'not-an-operator'; readonly actor?: string };

/**
 * Admits or refuses a caller.
 * @param header the request's {@link PRINCIPAL_HEADER}
 * @returns the actor for the audit, or why the caller is refused
 */
export function admit(access: OperatorAccess, header: string | undefined): OperatorAdmission {
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

/** Maximum characters of a principal's name in the audit. */
const MAX_CHARACTERS = 100;

/**
 * A principal's name in the audit: `{object id}@{tenant id}`. Unlike sign-in names, these ids never change and are
 * never reused. Characters that such ids cannot have become `_`.
 */
function actorOf(principal: ClientPrincipal, objectId: string): string {
  const tenant = valuesOf(principal, TENANT_ID)[0];
  const name = tenant === undefined ? objectId : `${objectId}@${tenant}`;
  return name.replaceAll(/[^\w@.+-]/g, '_').slice(0, MAX_CHARACTERS);
}
