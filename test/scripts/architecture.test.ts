import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/*
 * docs/architecture.md lists, for each feature, the files from its trigger to Azure. Here each file must reach the next
 * one in the way that the list claims, so that a list cannot outlive the code that it describes.
 */
const root = projectRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Hop {
  readonly file: string;
  /**
   * How the file before reaches this one: `trigger`, `import`, `port`, or a kind of call with the name that it uses.
   */
  readonly way: string;
  readonly name?: string;
}

/** Features by heading, each with the hops of its numbered list; a list that starts again begins another chain. */
function documentedChains(): [string, Hop[]][] {
  const part = read('docs/architecture.md').split('\n## From trigger to Azure\n')[1]?.split('\n## ')[0] ?? '';
  return part
    .split('\n### ')
    .slice(1)
    .flatMap((section) => {
      const [title = ''] = section.split('\n');
      return section.split(/\n(?=1\. )/).flatMap((list, index): [string, Hop[]][] => {
        const hops = [...list.matchAll(/^\d+\. `([^`]+)` \(([a-z]+)(?: `(\w+)`)?\):/gm)].map(
          ([, file = '', way = '', name]): Hop => ({ file, way, ...(name === undefined ? {} : { name }) }),
        );
        return hops.length === 0 ? [] : [[index === 1 ? title : `${title} (${index})`, hops]];
      });
    });
}

/** The files of this repository that a file imports by relative path, types included. */
function importsOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, to = '']) =>
    normalize(join(dirname(file), to)).replace(/\.js$/, '.ts'),
  );
}

const says = (file: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(read(file));
const INDEX = 'src/index.ts';
/** Where activities get the names under which they are registered. */
const TABLES = ['src/activities/activities.ts', 'src/activities/runs/runActivities.ts'];

/** What must be true for the claim; undefined for a kind of hop that does not exist. */
function isReached(hop: Hop, before: readonly Hop[]): boolean | undefined {
  const last = before.at(-1)?.file ?? '';
  const name = hop.name ?? '';
  const isCalled = before.length === 0 || before.some(({ file }) => says(file, name));
  switch (hop.way) {
    case 'trigger':
      return before.length === 0 && importsOf(INDEX).includes(hop.file);
    case 'start':
      return before.length === 0;
    case 'import':
      return importsOf(last).includes(hop.file);
    case 'port':
      return importsOf(hop.file).includes(last);
    case 'orchestration':
      return isCalled && importsOf(INDEX).includes(hop.file) && read(INDEX).includes(`df.app.orchestration(${name},`);
    case 'entity':
      return (
        isCalled && importsOf(INDEX).includes(hop.file) && new RegExp(`registerEntity\\(\\s*${name},`).test(read(INDEX))
      );
    case 'activity':
      return isCalled && says(hop.file, name) && TABLES.some((table) => importsOf(table).includes(hop.file));
    case 'event':
      return says(last, name) && says(hop.file, name);
    default:
      return undefined;
  }
}

const chains = documentedChains();

test('the map has every feature', () => {
  const features = new Set(chains.map(([title]) => title.replace(/ \(\d+\)$/, '')));
  for (const feature of [
    'Onboard by HTTP',
    'Onboard by event',
    'Rotate by HTTP',
    'Scheduled sweep',
    'Offboard',
    'Revoke',
    'Pull check report',
    'Check',
    'Inventory',
  ])
    expect([...features]).toContain(feature);
});

describe.each(chains)('%s', (_title, hops) => {
  test('names files that exist', () => {
    expect(hops.length).toBeGreaterThan(1);
    for (const { file } of hops) expect(existsSync(join(root, file)), file).toBe(true);
  });

  test('reaches each file from the previous one in the described way', () => {
    for (const [index, hop] of hops.entries())
      expect(isReached(hop, hops.slice(0, index)), `${hop.file} (${hop.way} ${hop.name ?? ''})`).toBe(true);
  });

  test('takes at most ten hops', () => {
    expect(hops.length).toBeLessThanOrEqual(10);
  });
});
