import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';

const SERVICE = 'crctl';

/** The part of `@napi-rs/keyring` that is used: one secret of the system's key store, for the signed-in user. */
interface Entry {
  getPassword(): string | null;
  setPassword(password: string): void;
  deletePassword(): boolean;
}

/** @throws {CommandError} if this system has no key store, or does not open it */
async function withEntry<T>(name: string, work: (entry: Entry) => T): Promise<T> {
  try {
    const { Entry } = await import('@napi-rs/keyring');
    return work(new Entry(SERVICE, name));
  } catch {
    // What the library says may hold anything of the system; what to do is the same.
    throw new CommandError(EXIT.failed, 'The key store of this system cannot be used.', [
      'Is one installed and unlocked? Otherwise keep the key in a file and log in with --key-file.',
    ]);
  }
}

/** The key that `crctl login --store-key` has stored for a context. */
export async function storedKey(name: string): Promise<string> {
  const key = await withEntry(name, (entry) => entry.getPassword());
  if (key === null)
    throw new CommandError(EXIT.refused, `The key store of this system has no key for the context ${name}.`, [
      'Log in again with --store-key.',
    ]);
  return key;
}

export function storeKey(name: string, key: string): Promise<void> {
  return withEntry(name, (entry) => entry.setPassword(key));
}

/** Removes a key, if there is one. */
export async function forgetKey(name: string): Promise<void> {
  await withEntry(name, (entry) => entry.deletePassword()).catch(() => undefined);
}
