import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const root = projectRoot();

/** Words with the names that docs/glossary.md says they have in code. */
const named = readFileSync(join(root, 'docs/glossary.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .flatMap(([, word = '', , code = '']) => [...code.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [word, name]));

const sources = ['src', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src`), 'test/e2e']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  )
  .join('\n');
const words = new Set(sources.match(/[A-Za-z_]\w*/g));

test('every name in the glossary exists in the code', () => {
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(([, name = '']) => !words.has(name))).toEqual([]);
});

test('no word is explained twice', () => {
  const explained = named.map(([word]) => word);
  expect(explained).toEqual([...new Set(explained)]);
});
