/**
 * What Newtonsoft.Json makes of an object that begins with members for itself ($type, $id, $ref, $values) where it
 * reads a value of any type: the outermost object only (public source:
 * JsonSerializerInternalReader.ReadMetadataProperties).
 */
import { JsonReadError } from './jsonReader.js';
import type { JsonToken } from './tokens.js';
import { writeJson } from './jsonWriter.js';

/**
 * Takes leading metadata off a value. A reference becomes null, since nothing was referred to.
 * @throws JsonReadError
 */
export function withoutMetadata(token: JsonToken): JsonToken {
  if (!(token instanceof Map)) return token;
  const members: [string, JsonToken][] = [...token];
  let position = 1;
  while (members.length > 0) {
    const [name, value] = members[0] ?? ['', null];
    if (name === '$ref') {
      if (members.length > 1)
        throw new JsonReadError(
          `Additional content found in JSON reference object. A JSON reference object should only have a $ref property. ${placeOf(members, position)}`,
        );
      return null;
    }
    if (name === '$values') {
      if (members.length > 1)
        throw new JsonReadError(
          `Additional text found in JSON string after finishing deserializing object. ${placeOf(members, position)}`,
        );
      return value ?? null;
    }
    if (name !== '$type' && name !== '$id') break;
    position += lengthOf(name, value);
    members.shift();
  }
  return new Map(members);
}

/** Characters of a member and the comma after it. */
const lengthOf = (name: string, value: JsonToken): number => JSON.stringify(name).length + writeJson(value).length + 2;

/** Where the reader stops: behind the name of the second member. */
function placeOf([first, second]: readonly [string, JsonToken][], position: number): string {
  const [name = ''] = second ?? [];
  const at = position + (first === undefined ? 0 : lengthOf(...first)) + JSON.stringify(name).length + 1;
  return `Path '${name}', line 1, position ${at}.`;
}
