import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const SCRIPT = resolve('scripts/metrics.mjs');

interface Metrics {
  readonly groups: readonly {
    readonly name: string;
    readonly files: number;
    readonly lines: number;
    readonly median: { readonly path: string; readonly bytes: number; readonly lines: number };
    readonly largest: { readonly path: string };
    readonly largestFolder: { readonly path: string; readonly files: number };
    readonly circles: number;
  }[];
  readonly circles: readonly (readonly string[])[];
  readonly hops: { readonly count: number | null; readonly files: readonly string[] };
  readonly exempt: readonly { readonly path: string }[];
  readonly broken: readonly string[];
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  git('init', '--quiet');
});
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

function git(...args: string[]): string {
  const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...author, ...args], { cwd: folder, encoding: 'utf8' });
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function run(...args: string[]) {
  return spawnSync(process.execPath, [SCRIPT, ...args], { cwd: folder, encoding: 'utf8' });
}

function measure(...args: string[]): Metrics {
  return JSON.parse(run('--json', ...args).stdout) as Metrics;
}

/** A document with the chain, and files that follow it. */
const CHAIN = {
  'docs/architecture.md':
    '# Architecture\n\n## From a request to ARM\n\n1. `src/index.ts` registers the route.\n2. `src/route.ts` starts.\n3. `src/arm.ts` calls ARM.\n\n## More\n\n4. `src/other.ts`\n',
  'src/index.ts': "import { route } from './route.js';\nroute();\n",
  'src/route.ts': "import type { Arm } from './arm.js';\nexport const route = (arm?: Arm) => arm;\n",
  'src/arm.ts': 'export interface Arm {}\n',
};

describe('the metrics', () => {
  test('count files and lines, and name the median and the largest file and folder', () => {
    write({ ...CHAIN, 'src/deep/large.ts': '// line\n'.repeat(50), 'src/deep/notes.md': 'not code\n' });
    const [src] = measure().groups;
    expect(src).toMatchObject({
      name: 'src',
      files: 4,
      lines: 55,
      median: { path: 'src/index.ts', lines: 2 },
      largest: { path: 'src/deep/large.ts' },
      largestFolder: { path: 'src', files: 3 },
    });
  });

  test('find a circle of imports that consists only of types, also between workspaces, and exit with 1', () => {
    write(CHAIN);
    expect(run().status).toBe(0);
    write({
      'packages/one/package.json': '{ "name": "@x/one", "exports": { "./*": { "source": "./src/*.ts" } } }',
      'packages/one/src/a.ts': "import type { B } from '@x/one/b';\nexport type A = B;\n",
      'packages/one/src/b.ts': "export type { A } from './a.js';\nexport interface B {}\n",
      'packages/one/src/c.ts':
        "// import { B } from './b.js';\n/* import './c.js'; */\nimport type { A } from './a.js';\nexport type C = A;\n",
    });
    const { circles, groups } = measure();
    expect(circles).toEqual([['packages/one/src/a.ts', 'packages/one/src/b.ts']]);
    expect(groups.find(({ name }) => name === 'packages/one/src')?.circles).toBe(1);
    expect(run().status).toBe(1);
  });

  test('refuse a folder of more than 25 files, except of recorded data and decisions', () => {
    const many = (path: string) =>
      Object.fromEntries(Array.from({ length: 26 }, (_, nth) => [`${path}/${nth}.ts`, '']));
    write({ ...CHAIN, ...many('docs/decisions'), ...many('test/recordings/data'), ...many('test/more') });
    write(many('scripts'));
    const { broken, exempt } = measure();
    expect(broken).toEqual([
      'scripts has 26 files; at most 25 are allowed.',
      'test/more has 26 files; at most 25 are allowed.',
    ]);
    expect(exempt.map(({ path }) => path)).toEqual(['docs/decisions', 'test/recordings/data']);
    expect(run().status).toBe(1);
  });

  test('count the hops of the chain in the architecture document, and refuse a link without an import', () => {
    write(CHAIN);
    expect(measure().hops).toMatchObject({ count: 2, files: ['src/index.ts', 'src/route.ts', 'src/arm.ts'] });
    write({ 'src/route.ts': 'export const route = () => undefined;\n' });
    expect(measure().broken).toEqual([expect.stringContaining('src/route.ts does not lead to src/arm.ts')]);
  });

  test('refuse more than ten hops', () => {
    const names = Array.from({ length: 12 }, (_, nth) => `src/f${nth}.ts`);
    const items = names.map((name, nth) => `${nth + 1}. \`${name}\`\n`).join('');
    write({ 'docs/architecture.md': `## A request on its way to ARM\n\n${items}` });
    write(Object.fromEntries(names.map((name, nth) => [name, nth < 11 ? `import './f${nth + 1}.js';\n` : ''])));
    expect(measure()).toMatchObject({ hops: { count: 11 }, broken: ['11 hops lead to ARM; at most 10 are allowed.'] });
  });

  test('refuse a comment that is wider than code may be, unless it has no place to break', () => {
    const words = 'word '.repeat(30);
    const address = `https://docs.example/${'x'.repeat(120)}`;
    write({
      ...CHAIN,
      'src/wide.ts': `/** ${words}*/
export const one = 1; // ${words}
// ${address}
// ${words}
`,
    });
    expect(measure().broken).toEqual([
      'src/wide.ts:1 is a comment of more than 120 columns.',
      'src/wide.ts:4 is a comment of more than 120 columns.',
    ]);
  });

  test('measure another revision as it was, and report unknown hops if the chain is missing', () => {
    write({ 'src/only.ts': 'export {};\n' });
    git('add', '.');
    git('commit', '--quiet', '--message', 'one');
    write(CHAIN);
    const before = measure('--at', 'HEAD');
    expect([before.groups[0]?.files, before.hops.count]).toEqual([1, null]);
    expect([measure().groups[0]?.files, measure().hops.count]).toEqual([4, 2]);
  });

  test('exit with 2 when the revision or an argument is unknown', () => {
    write(CHAIN);
    expect(run('--at', 'no-such-revision')).toMatchObject({ status: 2, stdout: '' });
    expect(run('--unknown').status).toBe(2);
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--at REV') });
  });
});

test('the repository keeps to every bound', () => {
  const { stdout } = spawnSync(process.execPath, [SCRIPT, '--json'], { encoding: 'utf8' });
  const { groups, circles, hops, broken } = JSON.parse(stdout) as Metrics;
  expect(groups.map(({ name }) => name)).toEqual(expect.arrayContaining(['src', 'scripts', 'test']));
  expect(hops.count).toBeLessThanOrEqual(10);
  expect([...circles, ...broken]).toEqual([]);
});
