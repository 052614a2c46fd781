// `npm run cli-docs`: writes the reference in docs/cli.md from the definitions of crctl's commands. Plain JavaScript as
// build.mjs, which it needs.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as prettier from 'prettier';
import { buildIfNeeded } from './build.mjs';
import { readFlags } from './command/flags.mjs';

readFlags('npm run cli-docs\n\nWrites the reference in docs/cli.md from the definitions of the commands of crctl.');

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = 'packages/cli/dist/docs/page.js';
const target = resolve(root, 'docs/cli.md');

if (buildIfNeeded(compiled)) {
  const { withReference } = await import(pathToFileURL(resolve(root, compiled)).href);
  const options = await prettier.resolveConfig(target);
  const text = withReference(readFileSync(target, 'utf8'));
  writeFileSync(target, await prettier.format(text, { ...options, parser: 'markdown' }));
  console.log(`Written: ${target}`);
} else {
  console.error('The build failed; nothing was written.');
  process.exitCode = 1;
}
