import type { Log } from '../log.js';
import { TOKEN_PATH } from './authorization.js';
import type { RegistryRequest, Reply } from './exchange.js';

/** Forms of the OCI distribution specification. A value of another form may be a secret, so it is not logged. */
const REPOSITORY = /^[a-z0-9._/-]{1,255}$/;
const REFERENCE = /^(?:\w[\w.-]{0,127}|sha256:[0-9a-f]{64})$/;
const PATH = /^\/[a-z0-9._/-]{0,200}$/;
const UNREADABLE = '(not logged: invalid form)';

/**
 * Logs every pull (manifest and blobs, with the client), every issued token, every push, and every refusal with its
 * reason. Headers, queries and bodies are never logged.
 */
export function logAnswer({ method, path }: RegistryRequest, { status, noted = {} }: Reply, log: Log): void {
  const facts = { method, ...subjectOf(path), status, ...noted };
  if (status >= 400) log('refused', facts);
  else if (path === TOKEN_PATH) log('token issued', facts);
  else if (method === 'GET' && path.includes('/manifests/')) log('pulled manifest', facts);
  else if (method === 'GET' && path.includes('/blobs/')) log('pulled blob', facts);
  else log('answered', facts);
}

function subjectOf(path: string): Record<string, string> {
  const [, repository, kind, reference] =
    /^\/v2\/(.+)\/(blobs\/uploads|manifests|blobs|tags)(?:\/([^/]*))?$/.exec(path) ?? [];
  const shown = (text: string, form: RegExp): string => (form.test(text) ? text : UNREADABLE);
  if (repository === undefined || kind === undefined) return { path: shown(path, PATH) };
  const what = { repository: shown(repository, REPOSITORY), kind };
  return reference === undefined ? what : { ...what, reference: shown(reference, REFERENCE) };
}
