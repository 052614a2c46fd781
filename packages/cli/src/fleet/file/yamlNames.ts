import { isAlias, isMap, isNode, isScalar, visit, type Document, type Scalar } from 'yaml';

/** A name of a field that would become another text. */
interface NoText {
  readonly offset: number | undefined;
  readonly message: string;
}

/**
 * Names of fields that YAML does not read as texts. In an object each name is a text, so `0012345` would silently
 * become `12345`, and `1e5` would become `100000`: names of other connected registries and repositories.
 */
export function namesThatAreNoTexts(document: Document.Parsed): NoText[] {
  const found: NoText[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (isMergeKey(key)) return;
      const resolved = resolvedIn(document, key);
      if (isScalar(resolved) && typeof resolved.value === 'string') return;
      const offset = isNode(key) ? key.range?.[0] : undefined;
      const source = unquoted(resolved);
      found.push({ offset, message: source === undefined ? 'a name must be a text' : notRead(source) });
    },
  });
  return found;
}

/** Names of the fields of the object at a path, in the order of the file; none if there is no object. */
export function namesIn(document: Document.Parsed, path: readonly PropertyKey[]): string[] {
  const node = resolvedIn(document, document.getIn(path, true));
  if (!isMap(node)) return [];
  return node.items.map(({ key }) => {
    const resolved = resolvedIn(document, key);
    return isScalar(resolved) ? String(resolved.value) : '';
  });
}

/**
 * In YAML 1.1 `<<` is no name: it brings in the fields of another object. The yaml package reads it as a symbol, and
 * nothing else.
 */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

function resolvedIn(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** What is wrong with a text that has to be in quotes, and what to write instead. */
export function notRead(source: string): string {
  return `${source} is not read as a text. Write ${JSON.stringify(source)}.`;
}

/** How a value was written that needs quotes to be a text: a number, `true`, `null`. */
export function unquoted(node: unknown): string | undefined {
  if (!isScalar(node) || typeof node.value === 'string' || node.type !== PLAIN) return undefined;
  return node.source === '' ? undefined : node.source;
}

const PLAIN: Scalar.Type = 'PLAIN';
