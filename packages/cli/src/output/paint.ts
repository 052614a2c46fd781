import type { TextSink, World } from '../program/world.js';
import type { Tone } from './output.js';

export type Paint = (text: string, tone: Tone | undefined) => string;

/** SGR codes (ECMA-48) that begin and end each tone. */
const CODES: Readonly<Record<Tone, readonly [number, number]>> = {
  good: [32, 39],
  bad: [31, 39],
  faint: [2, 22],
  strong: [1, 22],
};

/** Colors for a terminal; plain text otherwise, or if NO_COLOR is set (no-color.org) or the terminal is `dumb`. */
export function paintFor(sink: TextSink, { env }: Pick<World, 'env'>, noColor: boolean): Paint {
  const isPlain = sink.isTTY !== true || noColor || Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  return (text, tone) => {
    if (isPlain || tone === undefined) return text;
    const [on, off] = CODES[tone];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
