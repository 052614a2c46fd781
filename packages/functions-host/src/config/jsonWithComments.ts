/**
 * JSON as the Functions host and Core Tools read it (Newtonsoft.Json): comments, trailing commas and a byte order mark
 * are allowed.
 */

/** A JSON object. */
export type JsonObject = { [key: string]: unknown };

/** Whether a value is a JSON object (not an array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const stringOrComment = /"(?:\\.|[^"\\])*"|\/\/[^\n\r]*|\/\*[\s\S]*?\*\//g;
const stringOrTrailingComma = /"(?:\\.|[^"\\])*"|,(?=\s*[}\]])/g;

/**
 * Parses JSON with comments.
 * @throws SyntaxError as JSON.parse does
 */
export function parseJsonWithComments(text: string): unknown {
  const keepStrings = (found: string, instead: string): string => (found.startsWith('"') ? found : instead);
  const plain = text
    .replace(/^\uFEFF/, '')
    .replace(stringOrComment, (found) => keepStrings(found, ' '))
    .replace(stringOrTrailingComma, (found) => keepStrings(found, ''));
  return JSON.parse(plain);
}
