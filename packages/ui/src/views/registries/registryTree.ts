import type { FleetConnectedRegistry } from '@connected-registry/protocol/answers/fleetAnswers';

/** A connected registry's place below its registry. */
export interface TreeNode {
  readonly of: FleetConnectedRegistry;
  /** 0: it syncs from the cloud, or from where it does is not known. */
  readonly level: number;
  /** Connected registries below it, at any depth. */
  readonly below: number;
}

export interface RegistryTree {
  readonly registry: string;
  /** From the cloud down: each is followed by what syncs from it. */
  readonly nodes: readonly TreeNode[];
  /** Those whose parent is not in the list, with what syncs from them. */
  readonly orphaned: readonly TreeNode[];
  /** Those that sync from each other in a circle, and what syncs from them: there is no way to the cloud. */
  readonly circular: readonly TreeNode[];
}

/**
 * The connected registries of each registry, by name, as trees. Each one is in exactly one place, whatever their
 * parents say.
 */
export function registryTrees(all: readonly FleetConnectedRegistry[]): readonly RegistryTree[] {
  const byRegistry = groupedBy(all, ({ registry }) => registry);
  return [...byRegistry]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([registry, its]) => treeOf(registry, its));
}

const ORDER = new Intl.Collator('en', { numeric: true });

function treeOf(registry: string, all: readonly FleetConnectedRegistry[]): RegistryTree {
  const sorted = [...all].sort((one, other) => ORDER.compare(one.name, other.name));
  const byName = new Map(sorted.map((of) => [nameOf(of.name), of]));
  const children = groupedBy(sorted, ({ parent }) => (parent === undefined ? undefined : nameOf(parent)));
  const placed = new Set<FleetConnectedRegistry>();

  /** In the order of a page, without recursion: bad data may be as deep as it is long. */
  const from = (roots: readonly FleetConnectedRegistry[]): TreeNode[] => {
    const nodes: { of: FleetConnectedRegistry; level: number; below: number }[] = [];
    const open = roots.map((of) => ({ of, level: 0 })).toReversed();
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (placed.has(next.of)) continue;
      placed.add(next.of);
      nodes.push({ ...next, below: 0 });
      const level = next.level + 1;
      for (const of of (children.get(nameOf(next.of.name)) ?? []).toReversed()) open.push({ of, level });
    }
    countBelow(nodes);
    return nodes;
  };

  const nodes = from(children.get(undefined) ?? []);
  const orphaned = from(sorted.filter(({ parent }) => parent !== undefined && !byName.has(nameOf(parent))));
  const circular = sorted.flatMap((of) => (placed.has(of) ? [] : from([inCircle(of, byName)])));
  return { registry, nodes, orphaned, circular };
}

/** Names are compared as Azure does. */
function nameOf(name: string): string {
  return name.toLowerCase();
}

/** The first that is reached twice on the way up from one whose parents lead into a circle. */
function inCircle(
  of: FleetConnectedRegistry,
  byName: ReadonlyMap<string, FleetConnectedRegistry>,
): FleetConnectedRegistry {
  const seen = new Set<FleetConnectedRegistry>();
  let at: FleetConnectedRegistry | undefined = of;
  let last = of;
  while (at !== undefined && !seen.has(at)) {
    seen.add(at);
    last = at;
    at = byName.get(nameOf(at.parent ?? ''));
  }
  return at ?? last;
}

/** Each node's number of nodes below it. @param nodes each followed by those below it */
function countBelow(nodes: { level: number; below: number }[]): void {
  const above: { level: number; below: number; index: number }[] = [];
  const close = (level: number, end: number) => {
    for (let last = above.at(-1); last !== undefined && last.level >= level; last = above.at(-1)) {
      const node = nodes[last.index];
      if (node !== undefined) node.below = end - last.index - 1;
      above.pop();
    }
  };
  for (const [index, { level }] of nodes.entries()) {
    close(level, index);
    above.push({ level, below: 0, index });
  }
  close(0, nodes.length);
}

function groupedBy<Key, Item>(all: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of all) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
