import { parseJson } from '../json/parseJson.js';
import { seenSecrets } from './seenSecrets.js';

/**
 * Remembers a vault secret's value and, if it is a docker `config.json`, the parts that are secret by themselves: each
 * `auth`, and its password. Source of the format: docker/cli, cli/config/configfile.
 */
export function rememberCredential(value: string): void {
  seenSecrets.remember(value);
  for (const auth of authsIn(value)) {
    seenSecrets.remember(auth);
    const pair = Buffer.from(auth, 'base64').toString('utf8');
    seenSecrets.remember(pair.slice(pair.indexOf(':') + 1));
  }
}

function authsIn(value: string): string[] {
  return Object.values(partOf(partOf(parseJson(value))['auths'])).flatMap((entry) => {
    const { auth } = partOf(entry);
    return typeof auth === 'string' ? [auth] : [];
  });
}

function partOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
