import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { documentTable } from '../shared/documentTable.js';
import { cases } from '../conformance/cases/index.js';
import { readRecorded } from '../conformance/run/recorded.js';

/* What the README of packages/functions-host says of the package. */
const folder = 'packages/functions-host';
const read = (file: string): string => readFileSync(join(projectRoot(), folder, file), 'utf8');
const readme = read('README.md');

/** Names in the first column of a table, without arguments: `start` of `start(name)`. */
const firstColumn = (...columns: readonly string[]): string[] => {
  const cells = documentTable(`${folder}/README.md`, 'In a test', columns).map((row) => row[columns[0] ?? ''] ?? '');
  return [...new Set(cells.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map(([, name = '']) => name)))].toSorted();
};
/** Members of an interface of the API. */
const membersOf = (name: string): string[] => {
  const [, body = ''] =
    new RegExp(`export interface ${name} \\{([^]*?)\\n\\}`).exec(read('src/testing/functionsHost.ts')) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[?(:]/gm)].map(([, member = '']) => member);
};

describe('the README of the local Functions host', () => {
  test('names the number of recorded cases, all of which are replayed', () => {
    const recorded = [...readRecorded().keys()];
    expect(/<!-- cases -->(\d+)<!-- \/cases -->/.exec(readme)?.[1]).toBe(String(recorded.length));
    expect(recorded.filter((name) => cases[name] === undefined)).toEqual([]);
  });

  test('lists every option of startHost, and every member of its host', () => {
    expect(firstColumn('option', 'meaning', 'default')).toEqual(membersOf('StartOptions').toSorted());
    expect(membersOf('FunctionsHost').length).toBeGreaterThan(12);
    expect(firstColumn('member', 'what it does')).toEqual(membersOf('FunctionsHost').toSorted());
  });

  test('shows a test of the example', () => {
    const [, shown = ''] = /```ts\n[^]*?\n\ntest\(([^]*?)\n\}\);\n```/.exec(readme) ?? [];
    expect(shown).toContain('waitForInstance');
    const example = read('examples/approval/test/approval.test.ts');
    for (const line of shown
      .split('\n')
      .slice(1)
      .filter((text) => text.includes('expect(')))
      expect(example).toContain(line.trim());
  });
});

describe('an example of the local Functions host', () => {
  const root = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };

  test.each(['hello-cities', 'approval'])('%s depends on what this repository is tested with', (name) => {
    const { dependencies, devDependencies } = JSON.parse(read(`examples/${name}/package.json`)) as typeof root & {
      devDependencies: Record<string, string>;
    };
    expect(dependencies).toEqual({
      '@azure/functions': `^${root.dependencies['@azure/functions'] ?? ''}`,
      'durable-functions': `^${root.dependencies['durable-functions'] ?? ''}`,
    });
    expect(devDependencies['@connected-registry/functions-host']).toBe(`^${root.version}`);
  });
});
