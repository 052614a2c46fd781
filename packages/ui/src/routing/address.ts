/** A place in the page: what follows `#` in its address, `/clients?state=expired`. */
export interface Address {
  /** Starts with a slash. */
  readonly path: string;
  readonly query: Query;
}

export type Query = Readonly<Record<string, string>>;

/** @param hash with its `#`; an empty one is the first view */
export function parseAddress(hash: string): Address {
  const [path = '', ...rest] = hash.replace(/^#/, '').split('?');
  return {
    path: path.startsWith('/') ? path : `/${path}`,
    query: Object.fromEntries(new URLSearchParams(rest.join('?'))),
  };
}

/** The opposite of {@link parseAddress}. Parameters without a value are left out. */
export function hashOf(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value]],
  );
  const text = new URLSearchParams(given).toString();
  return `#${path}${text === '' ? '' : `?${text}`}`;
}

/**
 * Compares a path with a pattern such as `/clients/:key`.
 *
 * @returns the decoded parameters; undefined if the path is another one
 */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decoded(given[index] ?? '');
    if (value === undefined || value === '') {
      if (part !== '' || value === undefined) return undefined;
    } else if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

/**
 * A path of parts that may contain anything, without a slash before it, as the API takes it: `pathTo('clients', key)`.
 */
export function pathTo(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join('/');
}

/** The same for an address of this page. */
export function pathOf(...parts: readonly string[]): string {
  return `/${pathTo(...parts)}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
