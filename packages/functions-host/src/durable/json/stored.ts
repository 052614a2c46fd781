/** JSON of the app as the extension stores it after it has read it. */
import { maxJsonDepth, readJson } from './jsonReader.js';
import { writeJson } from './jsonWriter.js';
import { withoutMetadata } from './metadata.js';

/**
 * What is not stored as it was written: metadata, numbers in another form, halves of surrogate pairs, line separators.
 */
const unusual = /"\$(?:type|id|ref|values)"|[\d.][eE][-+]?\d|\b0\.0000|\\u[dD][89a-fA-F]|[\u0085\u2028\u2029]/;

/**
 * The stored text of a value.
 * @param json valid JSON
 * @throws JsonReadError if it is too deep, or its metadata make no sense
 */
export function storedJson(json: string): string {
  return unusual.test(json) || isTooDeep(json) ? writeJson(withoutMetadata(readJson(json))) : json;
}

/** Whether objects and lists are nested deeper than the extension reads. */
export function isTooDeep(json: string): boolean {
  // Most texts have too few brackets to be deep, and are not looked through.
  if (json.split(/[[{]/, maxJsonDepth + 2).length <= maxJsonDepth + 1) return false;
  let depth = 0;
  for (const [found] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/gs)) {
    if (found === '{' || found === '[') depth += 1;
    else if (found === '}' || found === ']') depth -= 1;
    if (depth > maxJsonDepth) return true;
  }
  return false;
}
