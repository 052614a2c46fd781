/** Set-Cookie headers in ASP.NET Core's form. */
import type { RpcHttpCookie } from '../worker/app.js';

/** A cookie's name is an RFC 6265 token, or empty. */
const token = /^[\w!#$%&'*+.^`|~-]*$/;

/**
 * @returns the header's value. The name is checked, the value is percent-encoded, and the default path is `/`
 * @throws RangeError if the name is not a token; the answer is then a 500
 */
export function setCookie(cookie: RpcHttpCookie): string {
  const name = encodeURIComponent(cookie.name ?? '');
  if (!token.test(cookie.name ?? '')) throw new RangeError(`'${cookie.name ?? ''}' is no name for a cookie`);
  const expires = cookie.expires?.value?.seconds;
  const maxAge = cookie.maxAge?.value;
  const parts = [
    `${name}=${escapeValue(cookie.value ?? '')}`,
    ...(expires === undefined ? [] : [`expires=${new Date(Number(expires.toString()) * 1000).toUTCString()}`]),
    ...(maxAge === undefined ? [] : [`max-age=${Math.trunc(maxAge)}`]),
    ...(cookie.domain?.value === undefined ? [] : [`domain=${cookie.domain.value}`]),
    `path=${cookie.path?.value ?? '/'}`,
    ...(cookie.secure?.value === true ? ['secure'] : []),
    ...sameSite(cookie.sameSite),
    ...(cookie.httpOnly?.value === true ? ['httponly'] : []),
  ];
  return parts.join('; ');
}

/** As Uri.EscapeDataString: everything but unreserved characters. */
function escapeValue(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sameSite(value: string | number | undefined): string[] {
  if (value === 'lax' || value === 'strict') return [`samesite=${value}`];
  return value === 'explicitNone' ? ['samesite=none'] : [];
}
