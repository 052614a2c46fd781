import type { HttpRequest } from '@azure/functions';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { OperatorAccess } from '../../../domain/clients/operatorAccess.js';

/**
 * The form of a function key: the 40 random bytes in base64 that Azure makes, or the 40 characters of the local host. A
 * capital letter distinguishes it from the app's own names, such as client keys. An operator may also set hexadecimal
 * digits. Client keys have hyphens, and versions of secrets only 32 digits.
 */
const FUNCTION_KEY = /^(?:(?=.*[A-Z])[\w+/-]{40,}={0,2}|[0-9a-f]{40,})$/;

/** A signed token (RFC 7519), with the scheme before it. */
const BEARER = /^Bearer +(eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+)$/i;

/**
 * Remembers the credential that has admitted the request, so that logs redact it. Remembers nothing else: a remembered
 * value is removed from every output of the process, also from results of activities, so callers must not choose it.
 *
 * @param request a request of an admitted operator
 */
export function rememberRequestSecrets(access: OperatorAccess, request: Pick<HttpRequest, 'headers' | 'query'>): void {
  if (access.kind === 'entra')
    return seenSecrets.remember(BEARER.exec(request.headers.get('authorization') ?? '')?.[1]);
  const key = functionKeyOf(request);
  if (key !== undefined && FUNCTION_KEY.test(key)) seenSecrets.remember(key);
}

/** The key that the host has checked: the header takes precedence over the query's `code`, whose name ignores case. */
function functionKeyOf({ headers, query }: Pick<HttpRequest, 'headers' | 'query'>): string | undefined {
  return headers.get('x-functions-key') ?? [...query].find(([name]) => name.toLowerCase() === 'code')?.[1];
}
