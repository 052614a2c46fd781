// `npm run test:func`: the e2e suite and the demo's flow with the app on Microsoft's own Functions host. The host is
// the one that FUNCTIONS_HOST names (a module that exports startHost, or a folder with a host.mjs; it needs dotnet),
// else Core Tools' `func` with Azurite. Arguments go to Vitest; `--package` takes the app as it is deployed, and runs
// the demo's flow unless files are named. Exit code 3 when there is neither.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { helpFirst } from './command/flags.mjs';
import { namedHost } from './command/namedHost.mjs';
import { onPath } from './command/onPath.mjs';

helpFirst(`
npm run test:func -- [--package] [arguments for Vitest]

The end-to-end tests with the app on Microsoft's own Functions host: the one that FUNCTIONS_HOST names (a host.mjs or its
folder; needs dotnet), else Core Tools' func with Azurite. Exit code 3 when there is neither.

  --package  the app as it is deployed; runs the demo's flow unless files are named
`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns {{ module?: string } | { missing: string }} */
function findHost() {
  const named = namedHost();
  if ('module' in named) return named;
  const problems = [named.problem];
  if (!onPath('func')) problems.push("Core Tools' func is not on the PATH");
  else if (!onPath('azurite') && !existsSync(join(root, 'node_modules', '.bin', 'azurite')))
    problems.push("Core Tools' func is there, but no azurite, on the PATH or in node_modules");
  else return {};
  return { missing: problems.join(', and ') };
}

/** @returns {Promise<string>} the folder of a package that was made just now */
async function unpacked() {
  const { unpack } = await import('./packaging/unpack.mjs');
  return unpack();
}

const host = findHost();
if ('missing' in host) {
  console.log(`test:func did not run: ${host.missing}.`);
  process.exitCode = 3;
} else {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const env = { ...process.env };
  delete env.FUNCTIONS_HOST;
  if (host.module !== undefined) env.FUNCTIONS_HOST = host.module;
  const given = process.argv.slice(2).filter((argument) => argument !== '--package');
  if (given.length < process.argv.length - 2) {
    env.APP_FOLDER = await unpacked();
    // How the app is loaded is what differs; the demo's flow comes by all of it. `test:long` names the rest.
    if (!given.some((argument) => argument.startsWith('test/'))) given.push('test/func/demo');
  }
  const args = [vitest, 'run', '--project', 'func', ...given];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => (process.exitCode = code ?? 1));
}
