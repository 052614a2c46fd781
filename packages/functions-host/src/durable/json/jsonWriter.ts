/** Writes JSON as Newtonsoft.Json does. */
import { readJson } from './jsonReader.js';
import { JsonLiteral, type JsonToken } from './tokens.js';

/** .NET escapes line separators as well. */
export const withEscapedSeparators = (json: string): string =>
  json.replace(/[\u0085\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

const quoted = (text: string): string => withEscapedSeparators(JSON.stringify(text));

/** The text of a value, without white space. */
export function writeJson(token: JsonToken): string {
  if (token instanceof JsonLiteral) return token.text;
  if (token instanceof Map)
    return `{${[...token].map(([name, value]) => `${quoted(name)}:${writeJson(value)}`).join(',')}}`;
  if (Array.isArray(token)) return `[${token.map(writeJson).join(',')}]`;
  return typeof token === 'string' ? quoted(token) : JSON.stringify(token);
}

/**
 * A text as the extension passes it on after it has read it.
 * @throws JsonReadError
 */
export const normalisedJson = (text: string, rest: 'allowed' | 'refused' = 'refused'): string =>
  writeJson(readJson(text, { rest }));
