import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { fleetJsonSchema } from '../../src/fleet/file/jsonSchema.js';
import { FleetApp } from '../fakes/fleetApp.js';
import { fleetFolder } from '../fleet/commands.js';

const read = (name: string): string => readFileSync(join(projectRoot(), 'docs', name), 'utf8');

/** The first part of the document in a language. */
function part(language: string): string {
  const [, text = ''] = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(read('fleet-file.md')) ?? [];
  return text;
}

test('docs/fleet.schema.json is what `npm run fleet-schema` writes', async () => {
  const options = await prettier.resolveConfig(join(projectRoot(), 'docs/fleet.schema.json'));
  expect(await prettier.format(JSON.stringify(fleetJsonSchema()), { ...options, parser: 'json' })).toBe(
    read('fleet.schema.json'),
  );
});

test('the example is a fleet that can be planned and applied', async () => {
  const app = new FleetApp();
  const { crctl } = fleetFolder(app, { 'fleet.yaml': part('yaml'), 'plant8.csv': part('csv') });
  expect(await crctl('plan', 'fleet.yaml', '--out', 'plan.json')).toMatchObject({ code: 0 });
  expect(await crctl('apply', 'plan.json')).toMatchObject({ code: 0 });
  expect(await crctl('plan', 'fleet.yaml', '--detailed-exitcode')).toMatchObject({ code: 0 });
  expect([...app.clients.values()].map(({ client }) => client)).toEqual([
    'press-1',
    'press-2',
    'oven-1',
    'belt-1',
    'belt-2',
  ]);
});

test('`crctl schema` prints the same schema', async () => {
  const { code, out } = await fleetFolder(new FleetApp()).crctl('schema');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(JSON.parse(read('fleet.schema.json')));
});
