import { Entry } from '@napi-rs/keyring';
import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import type { KeyStore } from '../program/world.js';

const SERVICE = 'crctl';

/** The key store of the system, for the signed-in user: Credential Manager, Keychain, Secret Service. */
export const systemKeyStore: KeyStore = {
  read: (name) => withEntry(name, (entry) => entry.getPassword() ?? undefined),
  write: (name, key) => withEntry(name, (entry) => entry.setPassword(key)),
  remove: (name) =>
    withEntry(name, (entry) => {
      entry.deletePassword();
    }),
};

/** @throws {CommandError} if this system has no key store, or does not open it */
function withEntry<T>(name: string, work: (entry: Entry) => T): T {
  try {
    return work(new Entry(SERVICE, name));
  } catch {
    // What the library says may hold anything of the system; what to do is the same.
    throw new CommandError(EXIT.failed, 'The key store of this system cannot be used.', [
      'Is one installed and unlocked? Otherwise keep the key in a file and log in with --key-file.',
    ]);
  }
}
