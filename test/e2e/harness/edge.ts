/**
 * Logs in at a connected registry as docker does, and asks for a manifest.
 * @returns the status of the step that refused, or 200.
 */
export async function pullManifest(
  login: { host: string; user: string; password: string },
  repository: string,
  tag = 'latest',
): Promise<{ step: 'token' | 'manifest'; status: number; digest: string | null }> {
  const url = `http://${login.host}/v2/${repository}/manifests/${tag}`;
  const challenge = (await fetch(url)).headers.get('www-authenticate') ?? '';
  const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const realm = new URL(part('realm'));
  realm.searchParams.set('service', part('service'));
  realm.searchParams.set('scope', `repository:${repository}:pull`);
  const basic = Buffer.from(`${login.user}:${login.password}`).toString('base64');
  const token = await fetch(realm, { headers: { authorization: `Basic ${basic}` } });
  if (!token.ok) return { step: 'token', status: token.status, digest: null };
  const answer: unknown = await token.json();
  const bearer = typeof answer === 'object' && answer && 'access_token' in answer ? String(answer.access_token) : '';
  const manifest = await fetch(url, {
    headers: {
      authorization: `Bearer ${bearer}`,
      accept:
        'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json',
    },
  });
  return { step: 'manifest', status: manifest.status, digest: manifest.headers.get('docker-content-digest') };
}
