/** A claim's type and value. */
export type Claim = readonly [string, string];

export const OBJECT_ID = '11111111-aaaa-4bbb-8ccc-1234567890ab';

/** What App Service authentication tells the app of a caller (x-ms-client-principal). */
export function principalHeader(claims: readonly Claim[], more: Readonly<Record<string, string>> = {}): string {
  const principal = {
    auth_typ: 'aad',
    claims: claims.map(([typ, val]) => ({ typ, val })),
    name_typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
    role_typ: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
    ...more,
  };
  return Buffer.from(JSON.stringify(principal)).toString('base64');
}
