import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { NeedleSearch } from '../../needles/needleSearch.js';
import type { Login } from './operatorSdk.js';
import type { TestStack } from './testStack.js';

/** The one file that holds passwords, relative to the data folder. */
const VAULT_STORE = join('azure', 'vault.ndjson');

/** The forms in which a password could stand somewhere. */
function formsOf({ user, password }: Login): string[] {
  const pair = `${user}:${password}`;
  const base64 = Buffer.from(pair).toString('base64');
  const own = Buffer.from(password).toString('base64');
  return [
    password,
    encodeURIComponent(password),
    JSON.stringify(password).slice(1, -1),
    base64,
    encodeURIComponent(base64),
    own,
    encodeURIComponent(own),
  ];
}

/**
 * Every place where a password stands that the vault holds: files of the whole data folder but the vault's own store,
 * answers of the app, and `texts`.
 *
 * @returns `inVaultStore` as proof that the search finds what is there.
 * @param earlier logins that were seen in secrets that are gone by now.
 */
export async function findPasswords(
  { stack, operator, app }: TestStack,
  texts: readonly string[] = [],
  earlier: readonly Login[] = [],
): Promise<{ searched: number; found: string[]; inVaultStore: boolean }> {
  const { dataFolder } = stack.ground;
  const logins = [...(await operator.logins()), ...earlier];
  const search = new NeedleSearch(logins.flatMap(formsOf));
  const found: string[] = [];
  const look = (place: string, content: Buffer | string): void => {
    if (search.isIn(content)) found.push(place);
  };
  for (const file of filesIn(dataFolder)) {
    const place = relative(dataFolder, file);
    const content = place === VAULT_STORE ? undefined : contentOf(file);
    if (content) look(place, content);
  }
  for (const [index, text] of app.seen.entries()) look(`answer ${index}`, text);
  for (const [index, text] of texts.entries()) look(`text ${index}`, text);
  const inVaultStore = search.isIn(readFileSync(join(dataFolder, VAULT_STORE)));
  return { inVaultStore, searched: new Set(logins.map(({ password }) => password)).size, found };
}

/** Undefined of one that is gone since it was listed: what saves a file anew writes another first, and renames it. */
function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
