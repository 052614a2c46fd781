import { CommandError } from './commandError.js';
import type { ExitCode } from './exitCodes.js';

/** The code of an error of the file system, such as `ENOENT`. */
export function fileCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/** Does something with a file. @throws {CommandError} with the code of the file system's error */
export function withFile<T>(exit: ExitCode, what: string, work: () => T, ...details: readonly string[]): T {
  try {
    return work();
  } catch (error) {
    throw new CommandError(exit, `${what} (${fileCode(error)}).`, details);
  }
}
