/**
 * What Newtonsoft.Json makes of an object that begins with members for itself ($type, $id, $ref, $values) where it reads
 * a value of any type: the outermost object only (public source: JsonSerializerInternalReader.ReadMetadataProperties).
 */
import { JsonReadError, type JsonToken } from './jsonReader.js';

/**
 * Takes leading metadata off a value. A reference becomes null, since nothing was referred to.
 * @throws JsonReadError
 */
export function withoutMetadata(token: JsonToken): JsonToken {
  if (!(token instanceof Map)) return token;
  const members: [string, JsonToken][] = [...token];
  while (members.length > 0) {
    const [name, value] = members[0] ?? ['', null];
    if (name === '$ref') {
      if (members.length > 1)
        throw new JsonReadError(
          `Additional content found in JSON reference object. A JSON reference object should only have a $ref property. Path '${members[1]?.[0] ?? ''}'.`,
        );
      return null;
    }
    if (name === '$values') {
      if (members.length > 1)
        throw new JsonReadError(
          `Additional text found in JSON string after finishing deserializing object. Path '${members[1]?.[0] ?? ''}'.`,
        );
      return value ?? null;
    }
    if (name !== '$type' && name !== '$id') break;
    members.shift();
  }
  return new Map(members);
}
