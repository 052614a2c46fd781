// What the scripts of this folder do with their arguments: `--help` prints the text, others are refused in words.
import { parseArgs } from 'node:util';
import { messageOf } from './errors.mjs';

/**
 * Ends the process after `--help` (exit code 0) and after an argument that the script does not know (exit code 2).
 *
 * @template {import('node:util').ParseArgsConfig} Config
 * @param {string} help
 * @param {Config} [known] options and positionals that the script takes
 * @returns {ReturnType<typeof parseArgs<Config>>}
 */
export function readFlags(help, known) {
  try {
    const parsed = parseArgs({ ...known, options: { ...known?.options, help: { type: 'boolean', default: false } } });
    // `help` is not among the values for the caller: this process has ended then.
    if (!parsed.values.help)
      return /** @type {ReturnType<typeof parseArgs<Config>>} */ (/** @type {unknown} */ (parsed));
    console.log(help.trim());
    process.exit(0);
  } catch (error) {
    console.error(`${messageOf(error)}\nTry --help.`);
    process.exit(2);
  }
}

/**
 * For scripts whose arguments go to another program: ends the process where `--help` is the first.
 *
 * @param {string} help
 */
export function helpFirst(help) {
  if (process.argv[2] !== '--help') return;
  console.log(help.trim());
  process.exit(0);
}
