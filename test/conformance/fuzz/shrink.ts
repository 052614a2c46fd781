/** Makes a differing case smaller as long as it differs in the same place. */
import type { Difference } from './compare.js';
import type { Drawn } from './seeds.js';

type Path = readonly (string | number)[];

/** Lists whose entries a case can do without. */
const removable = new Set([
  'steps',
  'tasks',
  'caught',
  'after',
  'generations',
  'actions',
  'events',
  'requests',
  'bodies',
  'headers',
]);
/** Fields that a step can do without. */
const optional = new Set([
  'first',
  'atOnce',
  'byClient',
  'caught',
  'after',
  'backoff',
  'longest',
  'timeout',
  'error',
  'odd',
  'afterwards',
  'actions',
]);

/** The value with one change at a path; undefined removes. */
function changed(value: unknown, [at, ...rest]: Path, change: (inner: unknown) => unknown): unknown {
  if (at === undefined) return change(value);
  if (Array.isArray(value))
    return value.flatMap((entry: unknown, index) => {
      if (index !== at) return [entry];
      const next = changed(entry, rest, change);
      return next === undefined ? [] : [next];
    });
  const fields = Object.entries(value as object).map(([name, inner]): [string, unknown] => [
    name,
    name === at ? changed(inner, rest, change) : inner,
  ]);
  return Object.fromEntries(fields.filter(([, inner]) => inner !== undefined));
}

function* smaller(whole: unknown, value: unknown = whole, path: Path = [], list = ''): Generator {
  if (Array.isArray(value)) {
    const isOpen = removable.has(list) || removable.has(String(path.at(-2)));
    for (const [index, entry] of value.entries()) {
      if (isOpen && value.length > 1) yield changed(whole, [...path, index], () => undefined);
      // A step by one of its own.
      const inner = isInner(entry) ? [...(entry.steps ?? []), ...(entry.tasks ?? [])] : [];
      for (const one of inner) yield changed(whole, [...path, index], () => one);
    }
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (optional.has(name)) yield changed(whole, [...path, name], () => undefined);
    yield* smaller(whole, inner, [...path, Array.isArray(value) ? Number(name) : name], name);
  }
}

const isInner = (entry: unknown): entry is { steps?: unknown[]; tasks?: unknown[] } =>
  typeof entry === 'object' && entry !== null && 'op' in entry;

/** Where a difference is, without numbers. */
const places = (found: readonly Difference[]): Set<string> =>
  new Set(found.map(({ path }) => path.split('/').slice(1, 5).join('/').replaceAll(/\d+/g, 'n')));

/**
 * @param tried which differences a smaller case has
 * @param until time at which it ends
 */
export async function shrunk(
  start: Drawn,
  found: readonly Difference[],
  tried: (what: Drawn) => Promise<readonly Difference[]>,
  until: number,
): Promise<{ what: Drawn; differences: readonly Difference[] }> {
  let best = { what: start, differences: found };
  const wanted = places(found);
  for (let progress = true; progress;) {
    progress = false;
    const all = [...smaller(best.what)] as Drawn[];
    all.sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length);
    for (let at = 0; at < all.length && Date.now() < until && !progress; at += 6) {
      const some = all.slice(at, at + 6);
      const results = await Promise.all(some.map(async (what) => ({ what, differences: await tried(what) })));
      const better = results.find(({ differences }) => [...places(differences)].some((place) => wanted.has(place)));
      if (better === undefined) continue;
      best = better;
      progress = true;
    }
  }
  return best;
}
