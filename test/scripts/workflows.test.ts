import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const folder = join(projectRoot(), '.github', 'workflows');
const workflows = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
const scripts = (
  JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { scripts: Record<string, string> }
).scripts;

describe.each(workflows)('%s', (_name, text) => {
  test('pins every action to a full commit, with its version beside it', () => {
    const uses = [...text.matchAll(/uses: (.+)/g)].map(([, used]) => used);
    expect(uses.length).toBeGreaterThan(0);
    for (const used of uses) expect(used).toMatch(/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may read, and requests no other right except a token of its own for a login', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    const asked = [...text.matchAll(/^ +([a-z-]+): write$/gm)].map(([, what]) => what);
    expect(asked).toEqual(['id-token']);
    expect(text).not.toMatch(/\$\{\{\s*secrets\./);
    expect(text).not.toContain('pull_request_target');
  });

  test('puts no value of an event or a variable into a command', () => {
    for (const [, command] of text.matchAll(/run: (.+)/g)) expect(command).not.toContain('${{');
  });

  test('runs existing commands', () => {
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
});
