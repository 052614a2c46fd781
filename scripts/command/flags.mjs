// What the scripts of this folder do with their arguments: `--help` prints the text, others are refused in words.
import { parseArgs } from 'node:util';

/**
 * Ends the process after `--help` (exit code 0) and after an argument that the script does not know (exit code 2).
 *
 * @param {string} help
 * @param {import('node:util').ParseArgsConfig} [known] options and positionals that the script takes
 */
export function readFlags(help, known = {}) {
  try {
    const parsed = parseArgs({ ...known, options: { ...known.options, help: { type: 'boolean', default: false } } });
    if (!parsed.values.help) return parsed;
    console.log(help.trim());
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\nTry --help.`);
    process.exit(2);
  }
}

/** For scripts whose arguments go to another program: ends the process where `--help` is the first. */
export function helpFirst(help) {
  if (process.argv[2] !== '--help') return;
  console.log(help.trim());
  process.exit(0);
}
