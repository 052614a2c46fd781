import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { fileCode, withFile } from '../../program/fileError.js';

/** A new, empty file for secrets. */
export interface SecretFile {
  readonly path: string;
  write(text: string): void;
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
  return {
    path,
    write: (text) =>
      withFile(
        EXIT.failed,
        `${path} cannot be written`,
        () => {
          writeSync(descriptor, text);
          fsyncSync(descriptor);
          closeSync(descriptor);
        },
        'The tokens were issued, and nobody has them. Issue new ones: they replace these.',
      ),
    discard: () => {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}
