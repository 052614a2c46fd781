/** Calls of an OCI client, independent of this project's own client. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export async function requestToken(
  edge: { url: string; host: string },
  user: string,
  password: string,
  ...scopes: string[]
): Promise<Response> {
  const url = new URL(`${edge.url}/acr/oauth2/token`);
  url.searchParams.set('service', edge.host);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return fetch(url, { headers: { authorization: basic(user, password) } });
}

export async function bearer(
  edge: { url: string; host: string },
  user: string,
  password: string,
  ...scopes: string[]
): Promise<string> {
  const response = await requestToken(edge, user, password, ...scopes);
  if (response.status !== 200) throw new Error(`no token: ${response.status}`);
  const body: unknown = await response.json();
  if (typeof body === 'object' && body && 'access_token' in body && typeof body.access_token === 'string') {
    return body.access_token;
  }
  throw new Error('no access_token in the answer');
}

export async function errorOf(response: Response): Promise<{ status: number; code: string; message: string }> {
  const body: unknown = await response.json();
  const errors: unknown = typeof body === 'object' && body && 'errors' in body ? body.errors : undefined;
  const [first]: unknown[] = Array.isArray(errors) ? errors : [];
  const text = (name: 'code' | 'message') =>
    typeof first === 'object' && first && name in first ? String(Reflect.get(first, name)) : '';
  return { status: response.status, code: text('code'), message: text('message') };
}
