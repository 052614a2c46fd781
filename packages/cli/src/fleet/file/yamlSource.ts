import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { usageError } from '../../program/commandError.js';
import { namesIn, namesThatAreNoTexts, unquoted } from './yamlNames.js';

/** A file of YAML or JSON, and where each of its values stands. */
export interface YamlSource {
  readonly value: unknown;
  /** `fleet.yaml:12:7` of the value at a path, or of the innermost value around it. */
  at(path: readonly PropertyKey[]): string;
  /** The same of the name of a field. */
  atKey(path: readonly PropertyKey[], key: string): string;
  /**
   * Names of the fields of an object, in the order of the file. JavaScript would have those with digits alone first.
   */
  namesAt(path: readonly PropertyKey[]): readonly string[];
  /** The value at a path as it was written, if it needs quotes to be a text. */
  unquotedAt(path: readonly PropertyKey[]): string | undefined;
}

/** A small file could otherwise become a huge one. */
const MAX_ALIASES = 100;
const MAX_FAULTS = 20;

/**
 * @param name as messages show it
 * @throws {CommandError} if it is no YAML, or has names of fields that would change, with lines and columns
 */
export function yamlSource(bytes: Uint8Array, name: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(decoded(bytes, name), { lineCounter: lines });
  const placed = (offset: number | undefined): string => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${name}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  if (document.errors.length > 0)
    throw usageError(
      `${name} is not YAML.`,
      ...document.errors
        .slice(0, MAX_FAULTS)
        .map(({ message, pos }) => `${placed(pos[0])}: ${message.split('\n')[0]?.replace(/ at line .*$/, '')}`),
    );
  const names = namesThatAreNoTexts(document);
  if (names.length > 0)
    throw usageError(
      `${name} has names that YAML does not read as texts.`,
      ...names.slice(0, MAX_FAULTS).map(({ offset, message }) => `${placed(offset)}: ${message}`),
    );
  return {
    value: valueOf(document, name),
    at: (path) => placed(offsetOf(document, path)),
    atKey: (path, key) => {
      const node = path.length === 0 ? document.contents : document.getIn(path, true);
      const pair = isMap(node)
        ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
        : undefined;
      return pair && isNode(pair.key) ? placed(pair.key.range?.[0]) : placed(offsetOf(document, path));
    },
    namesAt: (path) => namesIn(document, path),
    unquotedAt: (path) => unquoted(document.getIn(path, true)),
  };
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usageError(`${name} is not in UTF-8.`);
  }
}

function valueOf(document: Document.Parsed, name: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return value;
  } catch (error) {
    throw usageError(`${name} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0];
}
