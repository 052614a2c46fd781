import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const read = (path: string) => readFileSync(join(projectRoot(), path), 'utf8');

/** Packages that CONTRIBUTING says the system tests need, without those that every Debian has. */
const [, ofSystem = ''] = /^\| `system` +\|[^|]+\|([^|]+)\|/m.exec(read('CONTRIBUTING.md')) ?? [];
const needed = ofSystem
  .replace(' (or docker.io)', '')
  .split(',')
  .map((name) => name.trim())
  .filter((name) => !['bash', 'script'].includes(name));

let bin: string;
beforeEach(() => (bin = mkdtempSync(join(tmpdir(), 'ci-'))));
afterEach(() => rmSync(bin, { recursive: true, force: true }));

/** What `.ci/run` installs with only these programs on the PATH, and with Pythons that have the library or not. */
function installed(programs: Record<string, string>, python: 'has docker' | 'has none' = 'has none'): string[] {
  const functions = [...read('.ci/run').matchAll(/^\w+\(\) \{\n(?:.*\n)*?\}$/gm)].map(([text]) => text);
  for (const [name, lines] of Object.entries({ env: 'exec "${@:2}"', sudo: 'exec "$@"', ...programs }))
    writeFileSync(join(bin, name), `#!/bin/bash\n${lines}\n`, { mode: 0o755 });
  const pythons = ['python3', '/usr/bin/python3'].map(
    (name) => `${name}() { return ${name !== 'python3' && python === 'has docker' ? 0 : 1}; }`,
  );
  const script = [...functions, ...pythons, 'set -euo pipefail', 'install_outside_programs'].join('\n');
  const said = execFileSync('/bin/bash', ['-c', script], {
    env: { PATH: bin, SHLVL: '2' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [, list = ''] = /^INSTALL (.*)$/m.exec(said) ?? [];
  return list.split(' ').filter((word) => word !== '' && !word.startsWith('-') && word !== 'install');
}

const NEW = { 'apt-get': 'if [[ "$1" == install ]]; then echo INSTALL "$@"; fi', 'apt-cache': 'exit 0' };
const OLD = { ...NEW, 'apt-cache': 'exit 100' };

test('a machine without them gets all packages that the system tests need', () => {
  expect(needed).toContain('python3-docker');
  expect(installed(NEW).toSorted()).toEqual([...needed, 'azure-cli'].toSorted());
  const old = needed.map((name) => (name === 'docker-cli' ? 'docker.io' : name));
  expect(installed(OLD).toSorted()).toEqual([...old, 'azure-cli'].toSorted());
});

test('one that has them gets none, also if another Python than Debian’s comes first', () => {
  const tools = ['skopeo', 'podman', 'docker-registry', 'docker', 'curl', 'openssl', 'az', 'chromium'];
  const there = [...tools, 'dbus-daemon', 'gnome-keyring-daemon', 'secret-tool'];
  const programs = Object.fromEntries(there.map((name) => [name, 'exit 0']));
  expect(installed({ ...NEW, ...programs }, 'has docker')).toEqual([]);
  expect(installed({ ...NEW, ...programs })).toEqual(['python3-docker']);
});
