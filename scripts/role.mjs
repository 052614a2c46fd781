// `npm run role`: writes infra/modules/onboardingRole.json, the app's custom role, from the actions that src/azure needs. Plain
// JavaScript as build.mjs, which it needs. A test says so when the file is behind the code.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import * as prettier from 'prettier';
import { buildIfNeeded } from './build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = 'dist/src/azure/armActions.js';
const target = resolve(root, 'infra/modules/onboardingRole.json');

if (buildIfNeeded(compiled)) {
  const { neededActions } = await import(pathToFileURL(resolve(root, compiled)).href);
  const role = JSON.parse(readFileSync(target, 'utf8'));
  const options = JSON.parse(readFileSync(resolve(root, '.prettierrc.json'), 'utf8'));
  const text = JSON.stringify({ ...role, actions: neededActions() });
  writeFileSync(target, await prettier.format(text, { ...options, parser: 'json' }));
  console.log(`Written: ${target}`);
} else {
  console.error('It does not compile; nothing was written.');
  process.exitCode = 1;
}
