import { stripVTControlCharacters } from 'node:util';
import { oneLine } from '@connected-registry/protocol/names/oneLine';

/**
 * Characters that a terminal obeys, or that change how the text around them looks: C0 and C1 controls, line and
 * paragraph separators, marks and overrides of writing direction (Unicode UAX #9), and other invisible format
 * characters.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Co}\p{Cs}]/gu;

/** What stands for a character that was removed, so that a reader sees that something was there. */
const REMOVED = '\ufffd';

/**
 * Text from the service as one line that a terminal can show: escape sequences are removed, line breaks become spaces,
 * and other control and direction characters become U+FFFD. Names of devices and messages of services may contain
 * anything.
 */
export function plainLine(text: string): string {
  return oneLine(stripVTControlCharacters(text)).replaceAll(UNSAFE, REMOVED);
}

/** The same for a text that has lines of its own. */
export function plainLines(text: string): string[] {
  return text.split(/\r\n|[\r\n\u2028\u2029]/).map(plainLine);
}

/**
 * JSON in which every such character is written as `\\u....`, which is the same JSON: unlike other formats it needs no
 * replacement.
 */
export function plainJson(value: unknown, indent: number): string {
  const text = JSON.stringify(value, undefined, indent);
  // Line breaks outside of strings are JSON's own; inside of strings they are escaped already.
  return text.replaceAll(UNSAFE, (found) => (found === '\n' ? found : escaped(found)));
}

function escaped(text: string): string {
  return [...Array(text.length).keys()]
    .map((index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}

/** The same value with {@link plainLines} in place of each text, names of fields included. */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return plainLines(value).join('\n');
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [plainLine(name), plainValue(one)]));
  return value;
}
