// Starts a command-line program of Azure, on Windows too.
import { spawnSync } from 'node:child_process';

/**
 * Runs a program to its end.
 * @param {'az' | 'azd'} program
 * @param {readonly string[]} args
 * @param {NodeJS.Platform} platform
 * @returns {{ status: number | null, stdout: string, stderr: string, error?: NodeJS.ErrnoException }}
 */
export function command(program, args, platform = process.platform) {
  const [file, given, shell] = callOf(program, args, platform);
  return spawnSync(file, given, { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024, shell });
}

/**
 * How a program is called. The Azure CLI is a batch file on Windows, which Node starts by a shell only (Node.js
 * security release of April 2024, CVE-2024-27980), so that each argument has to be quoted for it.
 * @param {'az' | 'azd'} program
 * @param {readonly string[]} args
 * @param {NodeJS.Platform} platform
 * @returns {[file: string, args: readonly string[], shell: boolean]}
 */
export function callOf(program, args, platform) {
  if (platform !== 'win32' || program !== 'az') return [program, args, false];
  return ['az.cmd', args.map(quoted), true];
}

/**
 * Within double quotes cmd.exe takes everything as it is but the two characters that are refused here.
 * @param {string} argument
 */
function quoted(argument) {
  if (/["%\r\n]/.test(argument))
    throw new TypeError(`an argument of az holds a character that a batch file cannot be given`);
  return `"${argument}"`;
}
