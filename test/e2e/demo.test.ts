// @module-tag local-host
// The command itself, which starts the local host; test/func has the same demonstration on the real one.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

let output: string;
beforeAll(() => {
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'demo'], { cwd: projectRoot(), encoding: 'utf8' });
  if (status !== 0) throw new Error(`The demo ended with ${status}:\n${stdout}`);
  output = stdout;
});

test('npm run demo onboards a device of each kind, shows what it replaces, rolls the failing one back, and finds no password', () => {
  for (const text of [
    'az acr scope-map create --name hello-world-scopemap',
    'az acr token create --name myconnectedregistry-client-token',
    '--add-client-token myconnectedregistry-client-token',
    'docker pull',
    'az role assignment create --role "Key Vault Secrets User"',
    'agent join --token-file',
    "opened on the device, in docker's config.json",
    'device-3 appears at an IoT hub',
    'got its own through the hub',
    'What now exists',
    'pull-manifest-unknown',
    'as before',
    'found        none',
  ])
    expect(output.replaceAll(/\s*\n\s*\|\s*/g, ' ')).toContain(text);
  expect(output).not.toContain('\u001b[');
});

/** The part of an output that the README shows, without what differs from one run to the next. */
function lasting(text: string): string[] {
  const shown = text.slice(text.indexOf('Onboarding device-1'));
  const [part = ''] = shown.split(/\n\n(?=Letting device-2 in)|\n```/);
  return (
    part
      .split('\n')
      .map((line) =>
        line
          .replace(/^ +\d+\.\d+ s /, '<time> ')
          .replace(/(time +)\d+\.\d+ s/, '$1<time>')
          .replace(/ \(attempt \d+\)/, '')
          .replaceAll(/localhost:\d+/g, '<edge>')
          .replace(/(device-1-)[0-9a-f]+/, '$1<hash>')
          .replace(/until \d{4}-\d\d-\d\d/, 'until <date>')
          .replace(/\d+ bytes in \d+ ms/, '<bytes> in <time>')
          .replace(/sha256:[0-9a-f]{64}/, '<digest>')
          .replaceAll(/\b\d+ (read|write|poll|action|delete|request)s?\b/g, '<n> $1')
          .replace(/^ +\d+ (Microsoft\.)/, '<n> $1')
          .replaceAll(/ +/g, ' ')
          .trim(),
      )
      // A pause before another attempt, which a slow machine may see and a fast one may not.
      .filter((line) => !line.startsWith('<time> . '))
  );
}

test("the README's sample is the output of the demo", () => {
  const sample = lasting(readFileSync(join(projectRoot(), 'README.md'), 'utf8'));
  expect(sample.length).toBeGreaterThan(20);
  expect(lasting(output)).toEqual(sample);
});
