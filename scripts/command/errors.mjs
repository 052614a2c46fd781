// What a caught value says, since JavaScript may throw anything, and what the end of a process says.
import { constants } from 'node:os';

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {unknown} error
 * @returns {string} the code of an error of the system, such as `ENOENT`, or else its message
 */
export function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
}

/**
 * The exit code that a shell gives for a command that has ended.
 *
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
export function exitCodeOf(code, signal) {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
