// @module-tag local-host
// The command itself, which starts the local host; test/func has the same demonstration on the real one.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { projectRoot } from '../../local/stack/projectRoot.js';

test('npm run demo onboards, shows the commands it replaces, rolls the failing device back, and takes under 15 s', () => {
  const startedAt = Date.now();
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'demo'], { cwd: projectRoot(), encoding: 'utf8' });
  expect({ status, stdout: status === 0 ? '' : stdout }).toEqual({ status: 0, stdout: '' });
  expect(Date.now() - startedAt).toBeLessThan(15_000);
  for (const text of [
    'az acr scope-map create --name hello-world-scopemap',
    'az acr token create --name myconnectedregistry-client-token',
    '--add-client-token myconnectedregistry-client-token',
    'docker pull',
    'What now exists',
    'pull-manifest-unknown',
    'as before',
  ])
    expect(stdout.replaceAll(/\s*\n\s*\|\s*/g, ' ')).toContain(text);
  expect(stdout).not.toContain('\u001b[');
});
