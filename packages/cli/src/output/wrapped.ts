import wrapAnsi from 'wrap-ansi';

/** A reader copies such a line, so the terminal may wrap it, and nothing is put into it. */
const COMMAND = /^\s*(?:az|crctl) /;
/** A line with less room than this is left to the terminal. */
const LEAST = 24;

/**
 * Wraps a line of prose between words.
 *
 * @param line with its indentation, which the lines after the first exceed by two
 * @param width columns of the terminal
 */
export function wrapped(line: string, width: number): string[] {
  if (COMMAND.test(line)) return [line];
  const indent = /^ */.exec(line)?.[0] ?? '';
  const room = width - indent.length - 2;
  if (room < LEAST) return [line];
  const [first = '', ...others] = wrapAnsi(line.slice(indent.length), room, { hard: false }).split('\n');
  return [indent + first, ...others.map((one) => `${indent}  ${one}`)];
}
