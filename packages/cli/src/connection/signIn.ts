import { readFileSync } from 'node:fs';
import { usageError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import { withFile } from '../program/fileError.js';
import type { World } from '../program/world.js';
import { entraSignIn } from './entraSignIn.js';
import type { Auth, KeySource, SignIn } from './place.js';

/** @throws {CommandError} at its first call if there is no key, and no sign-in to Entra */
export function signInBy(auth: Auth, world: World): SignIn {
  if (auth.kind === 'entra') return entraSignIn(auth.scope, world);
  let key: Promise<string> | undefined;
  return async () => ({ 'x-functions-key': await (key ??= readKey(auth.from, world)) });
}

/** A key has printable ASCII characters only, or it could not be a header. */
const KEY = /^[\x21-\x7e]{1,512}$/;

async function readKey(from: KeySource, world: World): Promise<string> {
  const { text, where } = await keyText(from, world);
  const key = text.trim();
  if (!KEY.test(key)) throw usageError(`${where} does not hold a function key.`);
  return key;
}

async function keyText(from: KeySource, world: World): Promise<{ text: string; where: string }> {
  switch (from.kind) {
    case 'environment': {
      const text = world.env['CRCTL_KEY'];
      if (!text)
        throw usageError(
          'There is no function key and no Entra scope to sign in with.',
          'Set CRCTL_KEY, or give --key-file FILE or --scope api://CLIENT_ID/.default.',
        );
      return { text, where: 'CRCTL_KEY' };
    }
    case 'file':
      return { text: readKeyFile(from.path), where: from.path };
    case 'localStack': {
      const { localKey } = await import('./localStack.js');
      return { text: localKey(from.path), where: from.path };
    }
    case 'store': {
      const text = (await world.openKeyStore()).read(from.name);
      if (text === undefined)
        throw usageError(
          `The key store of this system has no key for the context ${from.name}.`,
          'Log in again with --store-key.',
        );
      return { text, where: 'the key store of this system' };
    }
  }
}

function readKeyFile(path: string): string {
  return withFile(EXIT.usage, `The key file ${path} cannot be read`, () => readFileSync(path, 'utf8'));
}
