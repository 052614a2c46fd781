/**
 * Parses JSON from outside without throwing: the parser's error would quote the text.
 *
 * @param text the JSON, for instance the body of an answer.
 * @returns the value; undefined, which is no value of JSON, when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
