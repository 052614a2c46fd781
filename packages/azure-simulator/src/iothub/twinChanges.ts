import { isObject } from '@connected-registry/protocol/json/isObject';
import type { JsonObject, JsonValue, Twin, TwinSection } from './hubState.js';

/** Limits of twins (Azure docs: iot-hub-devguide-device-twins). Sizes count keys and values, without metadata. */
const LARGEST_TAGS = 8 * 1024;
const LARGEST_SECTION = 32 * 1024;
const DEEPEST = 10;
const LONGEST_KEY = 1024;
const LONGEST_TEXT = 4096;
const MAX_INTEGER = 4_503_599_627_370_495;

/** The change is not possible in a twin. The message is for the client. */
export class TwinRefused extends Error {}

/** An empty twin of a new device. */
export function newTwin(now: Date): Twin {
  const empty = (): TwinSection => ({ values: {}, metadata: { $lastUpdated: now.toISOString() }, version: 1 });
  return { etag: 1, version: 2, tags: {}, desired: empty(), reported: empty() };
}

/** Merges as RFC 7396 does: null removes a member, objects are merged, other values replace. */
export function merge(values: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = { ...values };
  for (const [name, value] of Object.entries(patch)) {
    const before = merged[name];
    if (value === null) delete merged[name];
    else if (isObject(value)) merged[name] = merge(isObject(before) ? before : {}, value);
    else merged[name] = value;
  }
  return merged;
}

/** @throws TwinRefused */
export function changedTags(tags: JsonObject, patch: JsonObject, how: 'merge' | 'replace'): JsonObject {
  checkNames(patch, 1);
  const changed = merge(how === 'merge' ? tags : {}, patch);
  checkSize(changed, LARGEST_TAGS, 'tags');
  return changed;
}

/**
 * A section after a change, with the next version. Its metadata has the time when each value was last set.
 *
 * @throws TwinRefused
 */
export function changedSection(
  section: TwinSection,
  patch: JsonObject,
  how: 'merge' | 'replace',
  now: Date,
  name: 'desired' | 'reported',
): TwinSection {
  const wanted = withoutServiceNames(patch);
  checkNames(wanted, 1);
  const values = merge(how === 'merge' ? section.values : {}, wanted);
  checkSize(values, LARGEST_SECTION, name);
  const version = section.version + 1;
  const stamp = {
    $lastUpdated: now.toISOString(),
    // Only desired properties have versions.
    ...(name === 'desired' ? { $lastUpdatedVersion: version } : {}),
  };
  return { values, version, metadata: metadataOf(values, wanted, how === 'merge' ? section.metadata : {}, stamp) };
}

function metadataOf(
  values: JsonObject,
  patch: JsonValue | undefined,
  before: JsonValue,
  stamp: JsonObject,
): JsonObject {
  const metadata: JsonObject = { ...stamp };
  for (const [name, value] of Object.entries(values)) {
    const changed = isObject(patch) ? patch[name] : undefined;
    const old = isObject(before) ? before[name] : undefined;
    if (changed === undefined && isObject(old)) metadata[name] = old;
    else metadata[name] = isObject(value) ? metadataOf(value, changed, old ?? {}, stamp) : { ...stamp };
  }
  return metadata;
}

/** Removes the properties of the service, because a client may send back a twin that it has read. */
function withoutServiceNames(patch: JsonObject): JsonObject {
  const { $metadata: _metadata, $version: _version, ...own } = patch;
  return own;
}

function checkNames(value: JsonValue, depth: number): void {
  if (typeof value === 'string' && Buffer.byteLength(value) > LONGEST_TEXT) {
    throw new TwinRefused(`A text in a twin can have at most ${LONGEST_TEXT} bytes.`);
  }
  if (typeof value === 'number' && Number.isInteger(value) && (value > MAX_INTEGER || value < -MAX_INTEGER - 1)) {
    throw new TwinRefused(`The number ${value} is out of range.`);
  }
  if (Array.isArray(value)) for (const item of value) checkNames(item, depth + 1);
  if (!isObject(value)) return;
  if (depth > DEEPEST) throw new TwinRefused(`Objects in a twin can be nested ${DEEPEST} levels deep.`);
  for (const [name, inner] of Object.entries(value)) {
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (name === '' || Buffer.byteLength(name) > LONGEST_KEY || /[.$\s\u0000-\u001f]/.test(name)) {
      throw new TwinRefused(`The name '${name.slice(0, 100)}' cannot be used in a twin.`);
    }
    checkNames(inner, depth + 1);
  }
}

function checkSize(values: JsonObject, max: number, what: string): void {
  if (Buffer.byteLength(JSON.stringify(values)) <= max) return;
  throw new TwinRefused(`The ${what} of a twin can have at most ${max} bytes.`);
}
