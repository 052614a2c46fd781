import { parseJson } from '../json/parseJson.js';

/**
 * A secret's value: a docker `config.json` for one endpoint. It has no separate password field, because podman and
 * skopeo read only `auth`; docker and Kubernetes pull secrets accept the file as it is. Source: docker/cli,
 * cli/config/configfile; containers/image, docs/containers-auth.json.5.md.
 */
export function dockerConfig(endpoint: string, userName: string, password: string): string {
  const auth = Buffer.from(`${userName}:${password}`, 'utf8').toString('base64');
  return JSON.stringify({ auths: { [endpoint]: { auth } } });
}

/** The endpoints (host:port) that a docker `config.json` has credentials for; empty if the text is not such a file. */
export function dockerConfigEndpoints(value: string): string[] {
  const parsed = parseJson(value);
  const auths = typeof parsed === 'object' && parsed !== null && 'auths' in parsed ? parsed.auths : undefined;
  return typeof auths === 'object' && auths !== null ? Object.keys(auths) : [];
}
