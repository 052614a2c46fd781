import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { fleetClient } from '../../src/fleet/file/fleetSchema.js';
import { fakeClient, fakeToken, FleetApp } from '../fakes/fleetApp.js';
import { fleetFolder } from '../fleet/commands.js';
import { editorOf } from './editor.js';

/* What people see who write fleet files in an editor with the YAML language server. */

const docs = (name: string): string => readFileSync(join(projectRoot(), 'docs', name), 'utf8');
const [, EXAMPLE = ''] = /^```yaml\n([^]*?)^```$/m.exec(docs('fleet-file.md')) ?? [];
const SCHEMA = { 'fleet.schema.json': docs('fleet.schema.json') };
const editor = editorOf(SCHEMA);
const REFERENCE = { registry: 'myregistry', connectedRegistry: 'plant7registry', client: 'press-1' };

test('an editor shows no fault in the example', async () => {
  expect(await editor.faults(EXAMPLE)).toEqual([]);
});

test.each([
  ['an id that is a number', 'press-2', 'client: 2', /Incorrect type/],
  [
    'a field that does not exist',
    '- press-2',
    '- { client: press-2, respositories: [a] }',
    /respositories is not allowed/,
  ],
  ['another kind', 'kind: Fleet', 'kind: Flotilla', /must be|Value/],
  ['a name of a connected registry', '  plant7registry:', '  plant-7:', /pattern/],
  ['a number that is too small', 'canary: 1', 'canary: 0', /minimum of 1/],
  ['an object without its id', '- client: oven-1\n', '- token: oven-1\n', /Missing property "client"/],
])('it shows %s at its line', async (_what, right, wrong, message) => {
  const text = EXAMPLE.replace(right, wrong);
  const line = EXAMPLE.slice(0, EXAMPLE.indexOf(right)).split('\n').length;
  const faults = await editor.faults(text);
  expect(faults.find((one) => one.line === line)?.message, JSON.stringify(faults)).toMatch(message);
});

test('it completes the fields of the file, of a client and of waves', async () => {
  const [head = ''] = EXAMPLE.split('rollout:');
  expect(await editor.completions(`${head}ro|\n`)).toContain('rollout');
  const client = `${EXAMPLE.replace(/ {2}otherregistry[^]*$/, '')}        |\n`;
  const offered = await editor.completions(client);
  const rest = Object.keys(fleetClient.shape).filter((field) => !['client', 'repositories'].includes(field));
  expect(rest.filter((field) => !offered.includes(field))).toEqual([]);
  expect(await editor.completions(`${head}rollout:\n  waves:\n    |\n`)).toEqual(
    expect.arrayContaining(['canary', 'size', 'pauseSeconds']),
  );
});

test('files that crctl writes name the schema, and say how to get it', async () => {
  const app = new FleetApp([fakeClient(REFERENCE)]);
  app.putToken(fakeToken(REFERENCE, 'press-4'));
  const { crctl, world } = fleetFolder(app);
  const { out: exported } = await crctl('export');
  await crctl('import', '--out', 'import.yaml');
  const imported = readFileSync(join(world.cwd, 'import.yaml'), 'utf8');
  for (const text of [exported, imported]) {
    expect(text).toMatch(
      /^# yaml-language-server: \$schema=fleet\.schema\.json\n#.*: crctl schema > fleet\.schema\.json\n/,
    );
    expect(await editor.faults(text)).toEqual([]);
    expect(parse(text)).toMatchObject({ kind: 'Fleet' });
    expect((await editor.faults(text.replace('clients:', 'clinets:'))).map(({ message }) => message)).toContain(
      'Property clinets is not allowed.',
    );
  }
});
