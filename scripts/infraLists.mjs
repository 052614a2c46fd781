// `npm run infra-lists`: writes the files of infra/ that follow from the app's code: the custom role's actions from the
// calls that src/azure makes, the optional settings from the schema. Plain JavaScript as build.mjs, which it needs.
// Tests say so when a file is behind the code.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import * as prettier from 'prettier';
import { buildIfNeeded } from './build.mjs';
import { optionsFile } from './infra/appOptions.mjs';
import { readFlags } from './command/flags.mjs';

readFlags(
  "npm run infra-lists\n\nWrites the files of infra/ that follow from the code: the role's actions, the settings that may be chosen.",
);

const root = fileURLToPath(new URL('..', import.meta.url));
/** @param {string} file */
const compiled = (file) => pathToFileURL(resolve(root, 'dist/src', file)).href;

if (buildIfNeeded('dist/src/azure/arm/armActions.js')) {
  const { neededActions } = await import(compiled('azure/arm/armActions.js'));
  const { settingsSchema } = await import(compiled('settings/settingsSchema.js'));
  const roleFile = resolve(root, 'infra/modules/onboardingRole.json');
  const role = JSON.parse(readFileSync(roleFile, 'utf8'));
  const options = JSON.parse(readFileSync(resolve(root, '.prettierrc.json'), 'utf8'));
  const text = JSON.stringify({ ...role, actions: neededActions() });
  writeFileSync(roleFile, await prettier.format(text, { ...options, parser: 'json' }));
  writeFileSync(resolve(root, 'infra/modules/appOptions.bicep'), optionsFile(Object.keys(settingsSchema.shape)));
  console.log('Written: infra/modules/onboardingRole.json, infra/modules/appOptions.bicep');
} else {
  console.error('The build failed; nothing was written.');
  process.exitCode = 1;
}
