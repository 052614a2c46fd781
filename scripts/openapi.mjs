// `npm run openapi`: writes docs/openapi.json, the document that the app serves. Plain JavaScript as build.mjs, which
// it needs.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import * as prettier from 'prettier';
import { buildIfNeeded } from './build.mjs';
import { readFlags } from './command/flags.mjs';

readFlags("npm run openapi\n\nWrites docs/openapi.json, the document that the app serves, from the app's own schemas.");

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = 'dist/src/triggers/http/openapi/document.js';
const target = resolve(root, 'docs/openapi.json');

if (buildIfNeeded(compiled)) {
  const { openApiDocument } = await import(pathToFileURL(resolve(root, compiled)).href);
  const options = JSON.parse(readFileSync(resolve(root, '.prettierrc.json'), 'utf8'));
  writeFileSync(target, await prettier.format(JSON.stringify(openApiDocument()), { ...options, parser: 'json' }));
  console.log(`Written: ${target}`);
} else {
  console.error('The build failed; nothing was written.');
  process.exitCode = 1;
}
