import { ConfigError, loadConfig } from '../../../src/settings/config.js';
import { SETTINGS } from '../fakes/answers/requests.js';

/** The problems with which the app refuses its settings after these changes; empty if it accepts them. */
export function problemsOf(changes: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    loadConfig({ ...SETTINGS, ...changes });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
