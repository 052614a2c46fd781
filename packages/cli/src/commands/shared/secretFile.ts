import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { fileCode, withFile } from '../../program/fileError.js';

/** A new, empty file for secrets. */
export interface SecretFile {
  readonly path: string;
  /**
   * Gives the file this content. What it has in common with the content before stays untouched, also if the program
   * ends here.
   */
  write(text: string): void;
  close(): void;
  /** Removes it again. */
  discard(): void;
}

/**
 * Creates a file that only its owner can read. It must not exist: an older file may have other rights, or be a link.
 * @throws {CommandError} if it cannot be created
 */
export function reserveSecretFile(name: string, cwd: string): SecretFile {
  const path = resolve(cwd, name);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    const code = fileCode(error);
    throw usageError(
      `${path} cannot be created (${code}).`,
      ...(code === 'EEXIST' ? ['It exists: choose another name, or remove it.'] : []),
    );
  }
  let written: Uint8Array = new Uint8Array();
  function put(bytes: Uint8Array, from: number): void {
    for (let at = from; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
    ftruncateSync(descriptor, bytes.length);
    fsyncSync(descriptor);
  }
  return {
    path,
    write: (text) =>
      withFile(
        EXIT.failed,
        `${path} cannot be written`,
        () => {
          const bytes = new TextEncoder().encode(text);
          const same = commonLength(written, bytes);
          try {
            put(bytes, same);
          } catch (error) {
            // What it had before stays readable: the disk had room for it.
            put(written, same);
            throw error;
          }
          written = bytes;
        },
        'Tokens were issued that nobody has. Issue new ones: they replace these.',
      ),
    close: () => closeSync(descriptor),
    discard: () => {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}

/** How many bytes two texts begin with in common. */
function commonLength(one: Uint8Array, other: Uint8Array): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
