import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const README = 'test/README.md';
const text = readFileSync(join(projectRoot(), README), 'utf8');
const files = globSync('test/**/*.ts', { cwd: projectRoot() });

/** Paths of files and folders that the README names; those with a placeholder are left out. */
const named = [...text.matchAll(/`([\w./*-]+(?:\.ts|\/)|test\/[\w/]+)`/g)]
  .map(([, path = '']) => path)
  .filter((path) => !/[*<]/.test(path) && !path.endsWith('candidateLost.test.ts'));

test('the README of the tests names files and folders that exist', () => {
  const isThere = (path: string) =>
    existsSync(join(projectRoot(), path)) ||
    existsSync(join(projectRoot(), dirname(README), path)) ||
    files.some((file) => file.includes(`/${path}`));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !isThere(path))).toEqual([]);
});

test('the README of the tests names helpers that exist', () => {
  const sources = files.map((file) => readFileSync(join(projectRoot(), file), 'utf8')).join('\n');
  const helpers = [...text.matchAll(/`(?:it\.)?([a-z]\w+)(?:\([^`]*\))?`/g)].map(([, name = '']) => name);
  expect(helpers.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([]);
});
