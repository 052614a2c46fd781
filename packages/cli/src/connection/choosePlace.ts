import { resolve } from 'node:path';
import { usageError } from '../program/commandError.js';
import type { ConnectionOptions } from '../program/globalOptions.js';
import type { World } from '../program/world.js';
import { readContexts } from './contextFile.js';
import { findLocalStack } from './localStack.js';
import { readUrl, type Auth, type Place } from './place.js';

/**
 * Chooses the app: a flag (`--local`, `--url`, `--context`) before the environment (`CRCTL_URL`, `CRCTL_CONTEXT`), and
 * that before the current context. Sign-in that was chosen for one address is never used for another.
 *
 * @throws {CommandError} if nothing chooses an app, or flags contradict each other
 */
export function choosePlace(options: ConnectionOptions, world: World): Place {
  const { env, cwd } = world;
  const chosen = [options.local && '--local', options.url && '--url', options.context && '--context'].filter(Boolean);
  if (chosen.length > 1) throw usageError(`${chosen.join(' and ')} exclude each other.`);
  if (options.local) return findLocalStack(cwd, env['CRCTL_LOCAL']);
  const url = options.url ?? (options.context === undefined ? env['CRCTL_URL'] : undefined);
  if (url) {
    const auth = givenAuth(options, world) ?? { kind: 'key', from: { kind: 'environment' } };
    return { url: readUrl(url), auth };
  }
  const { current, contexts } = readContexts(world);
  const name = options.context ?? (env['CRCTL_CONTEXT'] || current);
  if (name === undefined)
    throw usageError(
      'No app is chosen.',
      'Use `crctl login --url URL` once, or --url, CRCTL_URL, or --local for `npm run local`.',
    );
  const place = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (!place) {
    const known = Object.keys(contexts).join(', ');
    throw usageError(`There is no context ${JSON.stringify(name)}.`, known ? `Known: ${known}.` : 'Use `crctl login`.');
  }
  const auth = flagAuth(options, world);
  return auth ? { ...place, auth } : place;
}

/** How to sign in, by flags alone. */
export function flagAuth({ scope, keyFile }: ConnectionOptions, { cwd }: Pick<World, 'cwd'>): Auth | undefined {
  if (scope !== undefined && keyFile !== undefined) throw usageError('--scope and --key-file exclude each other.');
  if (scope !== undefined) return { kind: 'entra', scope };
  if (keyFile !== undefined) return { kind: 'key', from: { kind: 'file', path: resolve(cwd, keyFile) } };
  return undefined;
}

/** How to sign in to an address: by a flag, else by the environment. */
export function givenAuth(options: ConnectionOptions, world: World): Auth | undefined {
  const { env, cwd } = world;
  const byFlag = flagAuth(options, world);
  if (byFlag) return byFlag;
  if (env['CRCTL_SCOPE']) return { kind: 'entra', scope: env['CRCTL_SCOPE'] };
  if (env['CRCTL_KEY']) return { kind: 'key', from: { kind: 'environment' } };
  if (env['CRCTL_KEY_FILE']) return { kind: 'key', from: { kind: 'file', path: resolve(cwd, env['CRCTL_KEY_FILE']) } };
  return undefined;
}
