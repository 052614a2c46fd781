// `npm run test:infra`: builds, lints and formats infra/ with the real Bicep CLI, makes the snapshot of every parameter
// file and looks at it. Arguments go to Vitest; `--update` writes the committed snapshots anew. Exit code 3 when there
// is no Bicep.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBicep } from './infra/bicep.mjs';
import { helpFirst } from './command/flags.mjs';

helpFirst(`
npm run test:infra -- [--update] [arguments for Vitest]

What infra/ deploys, with the real Bicep CLI: BICEP_CLI, bicep on the PATH, or restored by dotnet. Exit code 3 with none.

  --update  writes the committed snapshots anew
`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const bicep = findBicep();
if ('missing' in bicep) {
  console.log(`test:infra did not run: ${bicep.missing}.`);
  process.exitCode = 3;
} else {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = process.argv.slice(2).filter((argument) => argument !== '--update');
  const updates = args.length < process.argv.length - 2;
  // The other tests read the snapshots while they are written.
  if (updates) args.push('test/infra/bicep.test.ts');
  const env = { ...process.env, BICEP_CLI: bicep.file, ...(updates ? { SNAPSHOT_MODE: 'overwrite' } : {}) };
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'infra', ...args], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => (process.exitCode = code ?? 1));
}
