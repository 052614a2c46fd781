// `npm run fleet-schema`: writes docs/fleet.schema.json, the JSON Schema of fleet files, from crctl's own. Plain
// JavaScript as build.mjs, which it needs.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as prettier from 'prettier';
import { buildIfNeeded } from './build.mjs';
import { readFlags } from './command/flags.mjs';

readFlags('npm run fleet-schema\n\nWrites docs/fleet.schema.json, the JSON Schema of fleet files, for editors.');

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = 'packages/cli/dist/fleet/file/jsonSchema.js';
const target = resolve(root, 'docs/fleet.schema.json');

if (buildIfNeeded(compiled)) {
  const { fleetJsonSchema } = await import(pathToFileURL(resolve(root, compiled)).href);
  const options = await prettier.resolveConfig(target);
  writeFileSync(target, await prettier.format(JSON.stringify(fleetJsonSchema()), { ...options, parser: 'json' }));
  console.log(`Written: ${target}`);
} else {
  console.error('The build failed; nothing was written.');
  process.exitCode = 1;
}
