import { parseArgs, type ParseArgsConfig } from 'node:util';
import { FlagError } from '../stack/flagError.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Flags that every benchmark has. */
const COMMON = {
  json: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const satisfies Options;

/** The parsed flags of a benchmark with the options `O`. */
export type BenchFlags<O extends Options> = ReturnType<typeof parseArgs<{ options: O & typeof COMMON }>>['values'];

/**
 * Runs a benchmark as the main program: parses its flags, prints the help if requested, and sets the exit code. An
 * error is printed without its stack, with exit code 2.
 *
 * @param help the text of `--help`
 * @param options the flags besides `--json`, `--strict` and `--help`
 * @param measure returns the exit code
 */
export async function runBench<const O extends Options>(
  help: string,
  options: O,
  measure: (flags: BenchFlags<O>) => Promise<number>,
): Promise<void> {
  try {
    const { values } = parseArgs<{ options: O & typeof COMMON }>({ options: { ...options, ...COMMON } });
    if ('help' in values && values.help === true) process.stdout.write(help);
    else process.exitCode = await measure(values);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nTry --help.\n`);
    process.exitCode = 2;
  }
}

/**
 * A flag's whole number.
 *
 * @param name of the flag, without dashes
 * @throws {FlagError} for anything else, or a number out of bounds
 */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new FlagError(`--${name} must be a whole number from ${min} to ${max}.`);
  return value;
}
