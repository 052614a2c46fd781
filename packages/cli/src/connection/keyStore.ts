import type { Entry, EntryOptions } from '@napi-rs/keyring';
import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import type { KeyStore } from '../program/world.js';

const SERVICE = 'crctl';
/**
 * Where there is no Secret Service the library would take the kernel's keyring without a word, whose keys are gone when
 * the computer starts again.
 */
const OPTIONS: EntryOptions = { linux: { store: 'secret-service' } };

/**
 * Opens the key store of the system for the signed-in user: Credential Manager, Keychain, Secret Service.
 * @throws {CommandError} if the optional package that reaches it is not installed
 */
export async function openSystemKeyStore(): Promise<KeyStore> {
  const { Entry: SystemEntry } = await import('@napi-rs/keyring').catch(() => {
    throw new CommandError(EXIT.failed, 'The key store of this system cannot be used: @napi-rs/keyring is missing.', [
      'Install crctl with its optional dependencies, or keep the key in a file and log in with --key-file.',
    ]);
  });
  const open = (name: string): Entry => new SystemEntry(SERVICE, name, OPTIONS);
  return {
    read: (name) => used(() => open(name).getPassword() ?? undefined),
    write: (name, key) => used(() => open(name).setPassword(key)),
    remove: (name) =>
      used(() => {
        open(name).deletePassword();
      }),
  };
}

/** @throws {CommandError} if this system has no key store, or does not open it */
function used<T>(work: () => T): T {
  try {
    return work();
  } catch {
    // What the library says may hold anything of the system; what to do is the same.
    throw new CommandError(EXIT.failed, 'The key store of this system cannot be used.', [
      'Is one installed and unlocked? On Linux it is a Secret Service, such as GNOME Keyring or KWallet.',
      'Otherwise keep the key in a file and log in with --key-file.',
    ]);
  }
}
