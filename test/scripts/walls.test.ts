import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { namedImports } from '../../scripts/metrics/imports.mjs';
import { dependenciesOf, folderWalls, manifestOf, SCOPE, workspaceNames, workspaceWalls } from '../wallTables.js';

/*
 * The walls between workspaces and between the folders of `src`: docs/architecture.md has them as two tables, which are
 * compared here with the imports of every file. Lint sees single lines in an editor; this sees all of them, and sees an
 * allowance that nobody needs any more.
 */
const root = projectRoot();

interface Import {
  /** File that imports, from the root. */
  readonly file: string;
  /** As the file names it. */
  readonly name: string;
  readonly isType: boolean;
  /** What a relative path leads to, from the root. */
  readonly path?: string;
}

/** Source files below a folder, from the root; or the file itself. */
function filesBelow(place: string): string[] {
  if (place.endsWith('.ts')) return [place];
  return readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?tsx?$/.test(name))
    .map((name) => join(place, name));
}

function importsBelow(place: string): Import[] {
  return filesBelow(place).flatMap((file) => importsIn(file, readFileSync(join(root, file), 'utf8')));
}

function importsIn(file: string, code: string): Import[] {
  return namedImports(code).map(({ name, isType }) => ({
    file,
    name,
    isType,
    ...(name.startsWith('.') ? { path: normalize(join(dirname(file), name)) } : {}),
  }));
}

/**
 * `zod` of `zod/v4`, `@azure/identity` of `@azure/identity/x`, `node:fs` of `fs/promises`; undefined for this
 * repository.
 */
function packageOf({ name }: Import): string | undefined {
  if (name.startsWith('.') || name.startsWith(SCOPE)) return undefined;
  if (isBuiltin(name)) return `node:${name.replace(/^node:/, '').split('/')[0]}`;
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * Compares what is imported with what is allowed.
 *
 * @param used for each import what the table calls it; `types of x` also fits an allowance of `x`
 * @returns a sentence for each import without an allowance, and for each allowance that nobody uses
 */
function differences(used: readonly (readonly [string, Import])[], allowed: readonly string[]): string[] {
  const allowanceOf = (name: string): string | undefined =>
    [name, name.replace(/^types of /, ''), `${name.split('/')[0]}`].find((candidate) => allowed.includes(candidate));
  const refused = used.filter(([name]) => allowanceOf(name) === undefined);
  const needed = new Set(used.map(([name]) => allowanceOf(name)));
  return [
    ...refused.map(([name, { file, name: text }]) => `${file} imports ${text}: ${name} is not allowed.`),
    ...allowed.filter((name) => !needed.has(name)).map((name) => `Nobody uses the allowance: ${name}.`),
  ];
}

const allowedFor = (place: string): readonly string[] =>
  workspaceWalls.find((wall) => wall.place === place)?.allowed ?? [];
/**
 * What the tables call an import of a workspace: its name; with its folder where the table has one: `clock/schedules`.
 */
function workspaceOf({ name }: Import): string | undefined {
  if (!name.startsWith(SCOPE)) return undefined;
  return (
    name.slice(SCOPE.length).split('/').slice(0, -1).slice(0, 2).join('/') || name.slice(SCOPE.length).split('/')[0]
  );
}

const usedWorkspaces = (imports: readonly Import[]) =>
  imports.flatMap((one): [string, Import][] => {
    const name = workspaceOf(one);
    return name === undefined ? [] : [[name, one]];
  });

const usedPackages = (imports: readonly Import[]) =>
  imports.flatMap((one): [string, Import][] => {
    const name = packageOf(one);
    return name === undefined ? [] : [[name, one]];
  });

const isPackage = (name: string): boolean => !name.startsWith('node:');
/** Sentences about relative paths that leave a folder. */
const leaving = (imports: readonly Import[], folders: readonly string[]): string[] =>
  imports
    .filter(({ path }) => path !== undefined && !folders.some((folder) => path.startsWith(`${folder}/`)))
    .map(({ file, name }) => `${file} imports ${name}, outside of ${folders.join(' and ')}.`);

describe('a workspace', () => {
  test('has one row in the table, and so has the app', () => {
    expect(workspaceWalls.map(({ place }) => place).sort()).toEqual(
      ['src', 'test', ...workspaceNames.map((name) => `packages/${name}`)].sort(),
    );
  });

  describe.each(workspaceNames)('%s', (name) => {
    const imports = importsBelow(`packages/${name}/src`);
    const { dependencies } = manifestOf(`packages/${name}`);

    test('imports its own files alone by a path', () => {
      expect(leaving(imports, [`packages/${name}/src`])).toEqual([]);
    });

    test('imports the workspaces of its row', () => {
      expect(differences(usedWorkspaces(imports), allowedFor(`packages/${name}`))).toEqual([]);
    });

    test('names the same workspaces in its package.json and its tsconfig.json', () => {
      const workspaces = [...new Set(allowedFor(`packages/${name}`).map((item) => item.split('/')[0] ?? ''))].sort();
      const named = Object.keys(dependencies).filter((one) => one.startsWith(SCOPE));
      expect(named.map((one) => one.slice(SCOPE.length)).sort()).toEqual(workspaces);
      const config = JSON.parse(readFileSync(join(root, 'packages', name, 'tsconfig.json'), 'utf8')) as {
        readonly references?: readonly { readonly path: string }[];
      };
      expect((config.references ?? []).map(({ path }) => path.replace('../', '')).sort()).toEqual(workspaces);
    });

    test('imports the packages that its package.json names', () => {
      const used = usedPackages(imports).filter(([one]) => isPackage(one));
      expect(differences(used, dependenciesOf(`packages/${name}`))).toEqual([]);
    });
  });
});

describe('a test of a workspace', () => {
  const { devDependencies } = manifestOf('');

  test.each(workspaceNames)('%s imports its own files and test/shared alone by a path', (name) => {
    expect(leaving(importsBelow(`packages/${name}/test`), [`packages/${name}`, 'test/shared'])).toEqual([]);
  });

  test.each(workspaceNames)('%s imports packages of its own package.json and tools of the root', (name) => {
    const used = usedPackages(importsBelow(`packages/${name}/test`)).filter(([one]) => isPackage(one));
    const known = [
      ...dependenciesOf(`packages/${name}`),
      ...Object.keys({ ...devDependencies, ...manifestOf('').dependencies }),
    ];
    expect(used.filter(([one]) => !known.includes(one)).map(([one, { file }]) => `${file} imports ${one}.`)).toEqual(
      [],
    );
  });

  test('shares helpers that know nothing of the app', () => {
    expect(leaving(importsBelow('test/shared'), ['test/shared'])).toEqual([]);
  });
});

describe('the app', () => {
  const imports = importsBelow('src');

  test('imports its own files alone by a path', () => {
    expect(leaving(imports, ['src'])).toEqual([]);
  });

  test('imports the workspaces of its row', () => {
    expect(differences(usedWorkspaces(imports), allowedFor('src'))).toEqual([]);
  });

  test('and the workspaces that are bundled with it import the packages that its package.json names', () => {
    const bundled = ['protocol', 'clock'].flatMap((name) => importsBelow(`packages/${name}/src`));
    const used = usedPackages([...imports, ...bundled]).filter(([one]) => isPackage(one));
    expect(differences(used, Object.keys(manifestOf('').dependencies))).toEqual([]);
  });
});

describe('a folder of the app', () => {
  test('has one row in the table', () => {
    const found = readdirSync(join(root, 'src')).map((name) => `src/${name}`);
    expect(folderWalls.map(({ place }) => place).sort()).toEqual(found.sort());
  });

  /** What the table calls what a file imports: a folder of the app, or a workspace. */
  function nameOf(one: Import, place: string): string | undefined {
    if (one.path === undefined) return workspaceOf(one);
    const folder = one.path.split('/').slice(0, 2).join('/').replace(/\.js$/, '.ts');
    if (folder === place) return undefined;
    return `${one.isType ? 'types of ' : ''}${folder.replace('src/', '')}`;
  }

  describe.each(folderWalls)('$place', ({ place, allowed, packages }) => {
    const imports = importsBelow(place);

    test('imports the folders and workspaces of its row', () => {
      const used = imports.flatMap((one): [string, Import][] => {
        const name = nameOf(one, place);
        return name === undefined ? [] : [[name, one]];
      });
      expect(differences(used, allowed)).toEqual([]);
    });

    test('imports the packages and Node modules of its row', () => {
      expect(differences(usedPackages(imports), packages)).toEqual([]);
    });
  });

  test('is in no circle of folders', () => {
    const next = new Map(folderWalls.map(({ place, allowed }) => [place, allowed]));
    const reach = (place: string, seen: Set<string>): Set<string> => {
      for (const name of next.get(place) ?? []) {
        // The types of activities are known to orchestrations; activities know nothing of them.
        const to = `src/${name.replace(/^types of /, '')}`;
        if (seen.has(to)) continue;
        seen.add(to);
        reach(to, seen);
      }
      return seen;
    };
    expect([...next.keys()].filter((place) => reach(place, new Set()).has(place))).toEqual([]);
  });
});

describe('the domain', () => {
  /** What the tables cannot see: globals, and functions of `node:crypto` that give another value at each call. */
  const IMPURE = [
    /\bnew Date\s*(?:\(\s*\)|(?![\s(]))/,
    /(?<!new )\bDate\s*\(/,
    /\bDate\.now\b/,
    /\bMath\.random\b/,
    /\brandom(?:Bytes|UUID|Int|FillSync|Fill)\b/,
    /\b(?:performance|globalThis|process|console|fetch)\b\s*[.([]/,
    /\bset(?:Timeout|Interval|Immediate)\b/,
    /\bawait\b/,
    /\basync\b/,
  ];
  const codeOf = (file: string): string =>
    readFileSync(join(root, file), 'utf8')
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\/\/.*$/gm, '');
  const files = filesBelow('src/domain');

  test.each(files)('reads no clock, no environment and no random value: %s', (file) => {
    for (const pattern of IMPURE) expect(codeOf(file)).not.toMatch(pattern);
  });

  test.each(['new Date()', 'new Date', 'Date.now()', 'process.env.X', 'Math.random()', 'randomBytes(4)', 'await x'])(
    'may not say %s',
    (code) => {
      expect(IMPURE.some((pattern) => pattern.test(code))).toBe(true);
    },
  );

  test('may create a date from a known instant', () => {
    expect(IMPURE.some((pattern) => pattern.test('new Date(at)'))).toBe(false);
  });
});

describe('the comparison', () => {
  const told = (code: string, allowed: readonly string[]) =>
    differences(usedPackages(importsIn('src/domain/a.ts', code)), allowed);

  test.each([
    ["import { readFile } from 'fs/promises';", 'node:fs'],
    ["import type { Aedes } from 'aedes';", 'aedes'],
    ["export * from '@azure/functions';", '@azure/functions'],
    ["const os = await import('node:os');", 'node:os'],
    ["import 'reflect-metadata/lite';", 'reflect-metadata'],
    ["import {\n  a,\n  b,\n} from 'mqtt';", 'mqtt'],
  ])('sees %s', (code, name) => {
    expect(told(code, [])).toEqual([expect.stringContaining(`${name} is not allowed.`)]);
    expect(told(code, [name])).toEqual([]);
  });

  test('sees an allowance that nobody uses', () => {
    expect(told('', ['zod'])).toEqual(['Nobody uses the allowance: zod.']);
  });

  test('sees a path that leaves the workspace, to what others compile or test', () => {
    const paths = ['../../clock/dist/clock.js', '../../azure-simulator/test/x.js', '../test/x.js', '../../../src/x.js'];
    const code = paths.map((path) => `import '${path}';\n`).join('');
    expect(leaving(importsIn('packages/agent/src/a.ts', code), ['packages/agent/src'])).toHaveLength(paths.length);
  });

  test('lets types of a folder pass where the whole folder is allowed, and not the other way', () => {
    const [one] = importsIn('src/orchestrations/a.ts', "import type { A } from '../activities/activities.js';");
    const [value] = importsIn('src/orchestrations/a.ts', "import { a, type A } from '../activities/activities.js';");
    expect([one?.isType, value?.isType]).toEqual([true, false]);
  });
});
