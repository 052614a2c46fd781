import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { SeenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { Operator } from '../stack/operator/operator.js';
import type { Exchange } from '../stack/devices/recordingProxy.js';

const dockerConfig = z.object({ auths: z.record(z.string(), z.object({ auth: z.string() })) });

/** The simulated vault's own store, relative to the data folder. */
const VAULT_STORE = join('azure', 'vault.ndjson');
const SECRETS_PATH = '/api/devices/secrets?';

/** Where the passwords of the vault were looked for, and found. */
export interface PasswordSearch {
  /** Different passwords in the vault. */
  readonly passwords: number;
  /** What has passed between the devices and the app. */
  readonly recorded: { readonly requests: number; readonly bytes: number; readonly sealed: number };
  readonly files: { readonly count: number; readonly bytes: number };
  /** Files and requests in which a password can be read, where none may be. */
  readonly found: readonly string[];
  /** Whether a password was found where one must be: in the vault's store and in the devices' own files. */
  readonly isSearchSound: boolean;
}

/**
 * Looks for every password of the vault, in all forms that the redaction of output knows: in what has passed between
 * the devices and the app, and in every file of the stack, such as logs, durable history, events and the simulators'
 * requests.
 *
 * @param configFiles of devices, which are meant to have their passwords
 */
export async function searchPasswords(
  { dataFolder, operator }: { readonly dataFolder: string; readonly operator: Pick<Operator, 'secretValues'> },
  exchanges: readonly Exchange[],
  configFiles: readonly string[],
): Promise<PasswordSearch> {
  const values = await operator.secretValues();
  const passwords = new Set(values.flatMap(passwordsIn));
  const secrets = new SeenSecrets(3 * values.length + passwords.size);
  for (const secret of [...values, ...values.flatMap(authsIn), ...passwords]) secrets.remember(secret);
  const isIn = (content: Buffer): boolean => secrets.holds(content.toString('latin1'));

  const meant = new Set([join(dataFolder, VAULT_STORE), ...configFiles]);
  const found: string[] = [];
  let [count, bytes, foundWhereMeant] = [0, 0, 0];
  for (const file of await filesIn(dataFolder)) {
    const content = await contentOf(file);
    count += 1;
    bytes += content.length;
    if (!isIn(content)) continue;
    if (meant.has(file)) foundWhereMeant += 1;
    else found.push(relative(dataFolder, file));
  }
  for (const { method, path, request, answer } of exchanges)
    if (isIn(request) || isIn(answer)) found.push(`${method} ${path}`);
  return {
    passwords: passwords.size,
    recorded: {
      requests: exchanges.length,
      bytes: exchanges.reduce((sum, { request, answer }) => sum + request.length + answer.length, 0),
      sealed: exchanges.filter(({ path, status }) => path.startsWith(SECRETS_PATH) && status === 200).length,
    },
    files: { count: count - meant.size, bytes },
    found,
    isSearchSound: foundWhereMeant === meant.size,
  };
}

function authsIn(value: string): string[] {
  return Object.values(dockerConfig.parse(JSON.parse(value)).auths).map(({ auth }) => auth);
}

function passwordsIn(value: string): string[] {
  return authsIn(value).map((auth) => {
    const pair = Buffer.from(auth, 'base64').toString('utf8');
    return pair.slice(pair.indexOf(':') + 1);
  });
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Empty for a file that is gone since it was listed: a program replaces its files by others. */
async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
