import type { RegistryCredentials } from '../secrets/dockerConfig.js';
import { ConsumerFailure } from './consumer.js';
import { engineProblem, isBelow, readEngineConfig, userOf } from './engineConfig.js';
import type { EngineConfig } from './engineConfig.js';
import { GoObject, isField, printGoJson } from './goJson.js';
import type { GoValue } from './goJson.js';

/**
 * Returns an existing docker `config.json` with the credential as its entry for the endpoint, and nothing else changed;
 * undefined if it already has exactly that entry. An entry that would take precedence in an engine is updated if it
 * belongs to this credential: a second `auths` in other letter case, or an entry for a repository by the same user.
 * @throws ConsumerFailure for a file that no engine can read, and if something else takes precedence: a credential
 * helper, or another user's entry for a repository
 */
export function withCredentials(before: string | undefined, credentials: RegistryCredentials): string | undefined {
  const found = before ?? '';
  const config = readEngineConfig(found);
  if (typeof config === 'string') throw new ConsumerFailure(config);
  const text = `${printGoJson(edited(config, credentials))}\n`;
  requireEngines(text, credentials);
  return found.trim() !== '' && text === `${printGoJson(config.root)}\n` ? undefined : text;
}

/**
 * Verifies that the engines that read this text sign in with the credentials.
 * @throws ConsumerFailure if they do not
 */
export function requireEngines(text: string, credentials: RegistryCredentials): void {
  const problem = engineProblem(text, credentials);
  if (problem !== undefined) throw new ConsumerFailure(problem);
}

/** Returns the config with the changed parts; everything else stays as and where it was. */
function edited({ root, auths, credHelpers, credsStore }: EngineConfig, credentials: RegistryCredentials): GoObject {
  const { endpoint, username, password } = credentials;
  const entry = new GoObject([['auth', Buffer.from(`${username}:${password}`).toString('base64')]]);
  const entries = new Map<string, GoValue>();
  for (const [key, found] of auths) {
    entries.set(key, isBelow(key, endpoint) && userOf(found) === username ? entry : found);
  }
  entries.set(endpoint, entry);
  const renewed: readonly [string, GoValue] = ['auths', new GoObject([...entries])];
  const members: (readonly [string, GoValue])[] = [];
  for (const [name, value] of root.members) {
    if (isField(name, 'auths')) {
      if (!members.includes(renewed)) members.push(renewed);
    } else if (isField(name, 'credHelpers') && credsStore === '' && credHelpers.get(endpoint) === '') {
      // An empty name disables a helper that is not installed, but breaks podman and skopeo, which start it by that
      // name.
      members.push([name, new GoObject([...credHelpers].filter(([key]) => key !== endpoint))]);
    } else members.push([name, value]);
  }
  if (!members.includes(renewed)) members.push(renewed);
  return new GoObject(members);
}
