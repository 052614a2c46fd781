import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const root = projectRoot();
const scripts = ['package.json', ...readdirSync(join(root, 'scripts')).map((name) => `scripts/${name}`)].filter(
  (name) => /\.(mjs|json)$/.test(name),
);

/**
 * Sources of the compiled files that a script names: `dist/src/x.js`, `packages/p/dist/x.js`, or `compiled('x.js')` of
 * the app.
 */
function sourcesIn(script: string): string[] {
  const text = readFileSync(join(root, script), 'utf8');
  return [
    ...[...text.matchAll(/(?<![\w/])dist\/src\/([\w/]+)\.js/g)].map(([, name = '']) => `src/${name}.ts`),
    ...[...text.matchAll(/compiled\('([\w/]+)\.js'\)/g)].map(([, name = '']) => `src/${name}.ts`),
    ...[...text.matchAll(/packages\/([\w-]+)\/dist\/([\w/]+)\.js/g)].map(
      ([, workspace = '', name = '']) => `packages/${workspace}/src/${name}.ts`,
    ),
  ];
}

test.each(scripts)('%s names only compiled files that have a source', (script) => {
  expect(sourcesIn(script).filter((source) => !existsSync(join(root, source)))).toEqual([]);
});

test('the search finds the files that scripts name', () => {
  expect(sourcesIn('scripts/infraLists.mjs')).toContain('src/settings/settingsSchema.ts');
  expect(sourcesIn('package.json')).toContain('packages/local-stack/src/demo/main.ts');
});
