import { EXIT, type ExitCode } from './exitCodes.js';

/** An end of a command that is not a fault of the program: a message for the person, and an exit code for scripts. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  /**
   * @param message one sentence about what failed
   * @param details further lines: reasons, fixes, what to do next
   */
  constructor(
    readonly code: ExitCode,
    message: string,
    readonly details: readonly string[] = [],
  ) {
    super(message);
  }
}

/** Wrong use. Nothing has been sent. */
export function usageError(message: string, ...details: readonly string[]): CommandError {
  return new CommandError(EXIT.usage, message, details);
}
