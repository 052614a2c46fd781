/** The route of a path and a method. */
export interface Match<T> {
  value: T;
  params: Record<string, string>;
}

interface Node<T> {
  literal: Map<string, Node<T>>;
  parameter?: Node<T>;
  methods: Map<string, { value: T; names: string[] }>;
}

/**
 * Finds routes by method and path. Literal segments ignore case, because ARM's paths do (Azure docs: resource-manager
 * "Resource ID" rules); a literal takes precedence over a parameter. A trailing slash, which Key Vault's clients send
 * for "latest version", is dropped.
 */
export class Router<T> {
  readonly #root: Node<T> = emptyNode();

  /** @param pattern for example `/secrets/{name}/versions` */
  add(method: string, pattern: string, value: T): void {
    const names: string[] = [];
    let node = this.#root;
    for (const segment of split(pattern)) {
      if (segment.startsWith('{')) {
        names.push(segment.slice(1, -1));
        node = node.parameter ??= emptyNode();
      } else {
        const key = segment.toLowerCase();
        let next = node.literal.get(key);
        if (!next) node.literal.set(key, (next = emptyNode()));
        node = next;
      }
    }
    if (node.methods.has(method)) throw new Error(`two routes for ${method} ${pattern}`);
    node.methods.set(method, { value, names });
  }

  /** @returns `'method'` if the path is known, but not with this method */
  find(method: string, path: string): Match<T> | 'path' | 'method' {
    const segments = split(path);
    const values: string[] = [];
    const known = { path: false };
    const leaf = descend(this.#root, segments, 0, method, values, known);
    if (!leaf) return known.path ? 'method' : 'path';
    const params: Record<string, string> = {};
    leaf.names.forEach((name, index) => (params[name] = decode(values[index] ?? '')));
    return { value: leaf.value, params };
  }
}

function descend<T>(
  node: Node<T>,
  segments: string[],
  depth: number,
  method: string,
  values: string[],
  known: { path: boolean },
): { value: T; names: string[] } | undefined {
  const segment = segments[depth];
  if (segment === undefined) {
    if (node.methods.size > 0) known.path = true;
    return node.methods.get(method);
  }
  const literal = node.literal.get(decode(segment).toLowerCase());
  const found = literal && descend(literal, segments, depth + 1, method, values, known);
  if (found || !node.parameter) return found;
  values.push(segment);
  const leaf = descend(node.parameter, segments, depth + 1, method, values, known);
  if (!leaf) values.pop();
  return leaf;
}

function emptyNode<T>(): Node<T> {
  return { literal: new Map(), methods: new Map() };
}

function split(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
