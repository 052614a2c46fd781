import type { FleetConnectedRegistry } from '@connected-registry/protocol/answers/fleetAnswers';
import { describe, expect, test } from 'vitest';
import { registryTrees, type RegistryTree, type TreeNode } from '../../../src/views/registries/registryTree.js';

const one = (name: string, parent?: string, registry = 'fleet'): FleetConnectedRegistry => ({
  registry,
  name,
  ...(parent === undefined ? {} : { parent }),
  path: [name],
  clients: 1,
  cap: 50,
});

const treeOf = (...all: readonly FleetConnectedRegistry[]): RegistryTree | undefined => registryTrees(all)[0];
const drawn = (nodes: readonly TreeNode[] = []) => nodes.map(({ of, level }) => `${' '.repeat(level)}${of.name}`);

describe('the tree of a registry', () => {
  test('has each connected registry below the one that it syncs from, by name', () => {
    const tree = treeOf(
      one('robot', 'cell-2'),
      one('cell-10', 'plant'),
      one('other'),
      one('cell-2', 'plant'),
      one('plant'),
    );
    expect(drawn(tree?.nodes)).toEqual(['other', 'plant', ' cell-2', '  robot', ' cell-10']);
    expect(tree?.nodes.map(({ below }) => below)).toEqual([0, 3, 1, 0, 0]);
    expect([tree?.orphaned, tree?.circular]).toEqual([[], []]);
  });

  test('knows a parent in another spelling, as Azure does', () => {
    expect(drawn(treeOf(one('Plant'), one('line', 'PLANT'))?.nodes)).toEqual(['Plant', ' line']);
  });

  test('is one for each registry', () => {
    const trees = registryTrees([one('a', undefined, 'second'), one('b', 'a', 'first'), one('a', undefined, 'first')]);
    expect(trees.map(({ registry, nodes }) => [registry, ...drawn(nodes)])).toEqual([
      ['first', 'a', ' b'],
      ['second', 'a'],
    ]);
  });

  test('names those whose parent is missing, with what is below them', () => {
    const tree = treeOf(one('plant'), one('lost', 'gone'), one('below', 'lost'));
    expect(drawn(tree?.nodes)).toEqual(['plant']);
    expect(drawn(tree?.orphaned)).toEqual(['lost', ' below']);
  });

  test('names those in a circle once each, with what is below them, from one in the circle on', () => {
    const tree = treeOf(
      one('a-below', 'ring-b'),
      one('ring-b', 'ring-c'),
      one('ring-c', 'ring-b'),
      one('self', 'self'),
    );
    expect(drawn(tree?.nodes)).toEqual([]);
    expect(drawn(tree?.circular)).toEqual(['ring-b', ' a-below', ' ring-c', 'self']);
  });

  test('has each of two with the same name', () => {
    expect(drawn(treeOf(one('twin'), one('twin'), one('below', 'twin'))?.nodes)).toEqual(['twin', ' below', 'twin']);
  });

  test('bears a chain and a circle of 20,000', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      one(`n${index}`, index === 0 ? undefined : `n${index - 1}`),
    );
    const nodes = treeOf(...chain)?.nodes ?? [];
    expect(nodes.length).toBe(20_000);
    expect(nodes[0]?.below).toBe(19_999);
    expect(nodes.at(-1)?.level).toBe(19_999);
    const circle = chain.map((node, index) => ({ ...node, parent: `n${(index + 1) % chain.length}` }));
    expect(treeOf(...circle)?.circular.length).toBe(20_000);
  });
});
