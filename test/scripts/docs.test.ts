import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { checkWarning, clientReach } from '@connected-registry/protocol/answers/clientAnswers';
import { FAILURE_CODES } from '@connected-registry/protocol/answers/codes';
import { REMEMBERED } from '@connected-registry/protocol/redaction/seenSecrets';
import { METRICS } from '../../src/telemetry/metrics.js';

const root = projectRoot();
const docs = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Folders and files at the root with which a path of this repository begins. */
const ROOTS = readdirSync(root).filter((name) => !['node_modules', 'dist', 'package'].includes(name));

/**
 * What looks like a path of this repository and stands in backticks: it begins with the name of something at the root,
 * or is such a name. Patterns with `*`, `{}` or `...` are names of many files; folders that a run makes are not in the
 * repository.
 */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/(?<!`)`([^`\s]+)`(?!`)/g)]
    .map(([, quoted = '']) => quoted)
    .filter((path) => /^[\w.-]+(?:\/[\w.@-]+)*\/?$/.test(path))
    .filter((path) => {
      const [first = '', ...rest] = path.split('/');
      return ROOTS.includes(first) || (rest.length > 0 && GONE.includes(first));
    })
    .filter((path) => !/(?:^|\/)(?:dist|\.local)(?:\/|$)/.test(path));
}

/** Folders that there were, and that documents must not name again. */
const GONE = ['local', 'device', 'orchestrations', 'queries', 'domain', 'triggers', 'activities', 'entities'];

describe.each(docs)('%s', (file) => {
  test('links only to existing files', () => {
    const text = read(file);
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, to = '']) => to);
    for (const link of links) expect(existsSync(resolve(root, dirname(file), link)), link).toBe(true);
  });

  test('links only to existing headings', () => {
    for (const [, to = '', anchor = ''] of read(file).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)]*)\)/g)) {
      const target = to === '' ? file : normalize(join(dirname(file), to));
      expect(anchorsOf(read(target)), `${target}#${anchor}`).toContain(anchor);
    }
  });

  test('names only existing paths of this repository', () => {
    for (const path of pathsIn(read(file))) expect(existsSync(join(root, path)), path).toBe(true);
  });

  test('has lines of at most 120 characters outside tables, links and code', () => {
    const prose = read(file)
      .replaceAll(/^```[^]*?^```/gm, '')
      .replaceAll(/^ {4,}.*$/gm, '');
    const long = prose.split('\n').filter((line) => line.length > 120 && !/^ *\||^!\[|\]\(\S{60,}\)/.test(line));
    expect(long).toEqual([]);
  });

  test('names only existing commands', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, name = ''] of read(file).matchAll(/npm run ([a-z][\w:-]*)/g))
      expect(Object.keys(scripts)).toContain(name);
  });
});

test('the runbook has a row for every failure code, every metric and every alert', () => {
  const runbook = read('docs/operations.md');
  for (const code of FAILURE_CODES) expect(runbook).toContain(`\`${code}\``);
  for (const [name, { dimensions }] of Object.entries(METRICS))
    expect(runbook.replaceAll(/ +/g, ' ')).toContain(
      `| \`${name}\` | ${dimensions.join(', ')}${dimensions.length > 0 ? ' ' : ''}|`,
    );
  const alerts = [...read('infra/modules/alerts.bicep').matchAll(/^ {4}name: '([a-z-]+)'/gm)].map(
    ([, name = '']) => name,
  );
  expect(alerts.length).toBe(3);
  for (const alert of alerts) expect(runbook).toContain(`\`${alert}\``);
});

describe('the decision records', () => {
  const records = readdirSync(join(root, 'docs/decisions')).sort();

  test('are numbered without a gap, in name and heading', () => {
    const numbers = records.map((name) => Number(name.slice(0, 4)));
    expect(numbers).toEqual(records.map((_, index) => index + 1));
    for (const [index, name] of records.entries())
      expect(read(join('docs/decisions', name)), name).toMatch(new RegExp(`^# ${index + 1}\\. `));
  });

  test.each(records)('%s has status and date, then context, options, decision and consequences', (name) => {
    const text = read(join('docs/decisions', name));
    expect(text).toMatch(
      /^# \d+\. [^\n]+\n\n- Status: (?:proposed|accepted|superseded by \[decision \d+\]\([^)]+\))\n- Date: \d{4}-\d\d-\d\d\n\n## Context\n/,
    );
    const sections = text.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual([
      'Context',
      'Options',
      'Decision',
      'Consequences',
    ]);
    for (const section of sections) expect(section.split('\n').slice(1).join('').trim()).not.toBe('');
  });

  test('are linked by their own numbers', () => {
    const links = docs.flatMap((file) => [...read(file).matchAll(/\[decision\s+(\d+)\]\([a-z./]*(\d{4})-/g)]);
    expect(links.length).toBeGreaterThan(0);
    for (const [link, said, led] of links) expect(Number(led), link).toBe(Number(said));
  });
});

test('CONTRIBUTING.md has a row for every script of package.json', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const rows = read('CONTRIBUTING.md')
    .split('\n')
    .flatMap((line) => /^\| `npm (?:run )?([\w:-]+)/.exec(line)?.[1] ?? []);
  expect([...new Set(rows)].toSorted()).toEqual(Object.keys(scripts).toSorted());
});

const workspaces = readdirSync(join(root, 'packages'));
test.each(workspaces)('the README of packages/%s lists exactly the exports of its package.json', (name) => {
  const { exports } = JSON.parse(read(`packages/${name}/package.json`)) as { exports: Record<string, unknown> };
  const [, table = ''] = read(`packages/${name}/README.md`).split('\n## Exports\n');
  const rows = [...(table.split('\n## ')[0] ?? '').matchAll(/^\| `(\.(?:\/[^`]+)?)`/gm)].map(([, path = '']) => path);
  expect(rows.toSorted()).toEqual(Object.keys(exports).toSorted());
});

test('docs/api.md has a row for every route of the OpenAPI document, and for no other', () => {
  const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const rows = [...read('docs/api.md').matchAll(/^\| `([A-Z]+ \/[^`]+)`/gm)].map(([, route = '']) => route);
  expect(rows.toSorted()).toEqual(routes.toSorted());
});

test('the threat model says how many passwords stay in memory for the filter of logs', () => {
  const text = read('docs/security.md').replaceAll(/\s+/g, ' ');
  const number = REMEMBERED.toLocaleString('en');
  expect(text).toContain(`It knows the last ${number} values`);
  expect(text).toContain(`also after the function that used them has returned, until ${number} others have come`);
});

test('docs/inventory.md explains every warning of a check, and every way in which a device is reached', () => {
  const text = read('docs/inventory.md');
  const [, listed = ''] = /^- `warnings`, by code:\n\n((?: {2}.*\n)+)/m.exec(text) ?? [];
  const codes = [...listed.matchAll(/^ {2}- (.*?):/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([\w-]+)`/g)].map(([, code]) => code),
  );
  expect(new Set(codes)).toEqual(new Set(checkWarning.unwrap().shape.code.options));
  const [row = ''] = /^\| `reach\.kind` .*$/m.exec(text) ?? [];
  expect(clientReach.unwrap().shape.kind.options.filter((kind) => !row.includes(`\`${kind}\``))).toEqual([]);
});
