/** Newtonsoft's path of a place in a JSON text, as its errors show it (public source: JsonPosition.cs). */

/** A name with one of these stands in brackets and quotes. */
const special = /[. '/"[\]()\t\n\r\f\b\\\u0085\u2028\u2029]/;
const escapes: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\f': '\\f',
  '\b': '\\b',
  '\\': '\\\\',
  "'": "\\'",
};

/** @param parts names of members and indexes of entries, from the outermost one */
export function jsonPath(parts: readonly (string | number)[]): string {
  let path = '';
  for (const part of parts) {
    if (typeof part === 'number') path += `[${part}]`;
    else if (special.test(part)) path += `['${part.replace(/[\\'\u2028\u2029]|\p{Cc}/gu, escaped)}']`;
    else path += path === '' ? part : `.${part}`;
  }
  return path;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  // Of the control characters after ASCII's, only the new line is escaped.
  if (code >= 0x7f && code < 0xa0 && code !== 0x85) return character;
  return escapes[character] ?? `\\u${code.toString(16).padStart(4, '0')}`;
}
