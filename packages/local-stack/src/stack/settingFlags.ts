import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FlagError } from './flagError.js';
import { reasonOf } from '@connected-registry/clock/files/usableFolder';

/**
 * The app's settings from `--set NAME=VALUE` and `--profiles FILE`, which override the launcher's own. The app
 * validates the values at its start.
 *
 * @throws {FlagError} for an invalid form, a repeated name, or profiles that are not JSON
 */
export function appSettings(
  given: readonly string[],
  profilesFile: string | undefined,
): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const item of given) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(item) ?? [];
    if (name === undefined || value === undefined)
      // Without a name before an equals sign it may be only a value, which may be a secret.
      throw new FlagError('--set needs NAME=VALUE, such as --set CREDENTIAL_LIFETIME_DAYS=60.');
    if (name in settings) throw new FlagError(`--set ${name} is given twice; leave one out.`);
    settings[name] = value;
  }
  // The app ignores an empty value, so only the requested one of the two remains.
  if (profilesFile === undefined) {
    if ('PROFILES' in settings) return { PROFILES_FILE: '', ...settings };
    return 'PROFILES_FILE' in settings ? { PROFILES: '', ...settings } : settings;
  }
  if ('PROFILES' in settings || 'PROFILES_FILE' in settings)
    throw new FlagError('--profiles goes without --set PROFILES or PROFILES_FILE; leave one out.');
  return { ...settings, PROFILES: '', PROFILES_FILE: readableProfiles(profilesFile) };
}

/** @returns its absolute path */
function readableProfiles(file: string): string {
  if (file === '') throw new FlagError('--profiles needs the name of a file.');
  const path = resolve(file);
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new FlagError(`--profiles ${path} cannot be read: ${missing ? 'there is no such file' : reasonOf(error)}.`);
  }
  try {
    JSON.parse(text);
  } catch {
    throw new FlagError(`--profiles ${path} is not JSON. docs/profiles.md says what it holds.`);
  }
  return path;
}
