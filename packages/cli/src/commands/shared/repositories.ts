import type { OnboardingFields } from '../../api/requests.js';
import { usageError } from '../../program/commandError.js';

/** Repositories as a request has them: names that may be pulled, or names with their actions. */
type Repositories = OnboardingFields['repositories'];

const PULL = 'content/read';

/**
 * Reads `--repository`: `hello-world`, or `hello-world=content/read,content/write`. The app judges names and actions.
 * @throws {CommandError} for a repository that is named twice
 */
export function readRepositories(texts: readonly string[]): Repositories {
  const entries = texts.map((text): [string, string[] | undefined] => {
    const [name = '', actions] = text.split('=', 2);
    return [name.trim(), actions?.split(',').map((action) => action.trim())];
  });
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`The repository ${JSON.stringify(twice)} is named twice.`);
  if (entries.every(([, actions]) => actions === undefined)) return names;
  return Object.fromEntries(entries.map(([name, actions]) => [name, actions ?? [PULL]])) as Repositories;
}
