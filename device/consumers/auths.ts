import type { RegistryCredentials } from '../secrets/dockerConfig.js';
import { ConsumerFailure } from './consumer.js';
import { engineProblem, isBelow, readEngineConfig, userOf } from './engineConfig.js';
import type { EngineConfig } from './engineConfig.js';
import { GoObject, isField } from './goJson.js';
import type { GoValue } from './goJson.js';

/**
 * An existing docker `config.json` with the credential as its entry for the endpoint, and nothing else of it changed; undefined
 * when it has exactly that already. What would go before the entry with an engine is renewed where it is this credential's own:
 * a second `auths` in other letters, an entry for a repository by the same user. Throws {@link ConsumerFailure} for a file that
 * no engine can read, and where something else goes before the entry: a credential helper, another user's entry for a
 * repository.
 */
export function withCredentials(before: string | undefined, credentials: RegistryCredentials): string | undefined {
  const found = before ?? '';
  const config = readEngineConfig(found);
  if (typeof config === 'string') throw new ConsumerFailure(config);
  const wanted = edited(config, credentials);
  const text = `${JSON.stringify(wanted, null, '\t')}\n`;
  requireEngines(text, credentials);
  const isWritten = found.trim() !== '' && isPlain(config.root);
  return isWritten && JSON.stringify(plain(config.root)) === JSON.stringify(wanted) ? undefined : text;
}

/** Throws {@link ConsumerFailure} unless the engines that read this text sign in with the credentials. */
export function requireEngines(text: string, credentials: RegistryCredentials): void {
  const problem = engineProblem(text, credentials);
  if (problem !== undefined) throw new ConsumerFailure(problem);
}

/** The config with what is renewed in it, its fields in their order. */
function edited({ root, auths, credHelpers, credsStore }: EngineConfig, credentials: RegistryCredentials): unknown {
  const { endpoint, username, password } = credentials;
  const entry = { auth: Buffer.from(`${username}:${password}`).toString('base64') };
  const entries = new Map<string, unknown>();
  for (const [key, found] of auths) {
    entries.set(key, isBelow(key, endpoint) && userOf(found) === username ? entry : plain(found));
  }
  entries.set(endpoint, entry);
  const fields = new Map<string, unknown>();
  for (const [name, value] of root.members) {
    if (isField(name, 'auths')) fields.set('auths', Object.fromEntries(entries));
    else if (isField(name, 'credHelpers') && credsStore === '' && credHelpers.get(endpoint) === '') {
      // It turns a helper off that there is none of, and stops podman and skopeo, which start it by its empty name.
      fields.set(name, Object.fromEntries([...credHelpers].filter(([key]) => key !== endpoint)));
    } else fields.set(name, plain(value));
  }
  if (!fields.has('auths')) fields.set('auths', Object.fromEntries(entries));
  return Object.fromEntries(fields);
}

/** Whether the entries stand in one field of the usual name, so that comparing values says all. */
function isPlain(root: GoObject): boolean {
  const names = root.members.map(([name]) => name).filter((name) => isField(name, 'auths'));
  return names.length === 1 && names[0] === 'auths';
}

function plain(value: GoValue): unknown {
  if (value instanceof GoObject) return Object.fromEntries(value.members.map(([name, inner]) => [name, plain(inner)]));
  return Array.isArray(value) ? value.map((inner: GoValue) => plain(inner)) : value;
}
