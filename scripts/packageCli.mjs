// `npm run package:cli`: what is published as `crctl`, as a folder and as the archive that `npm publish` takes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFlags } from './command/flags.mjs';

readFlags(`
npm run package:cli

Writes what is published as crctl: the folder package/crctl, and package/crctl-VERSION.tgz for 'npm publish'.
`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const parent = join(root, 'package');
const folder = join(parent, 'crctl');

/**
 * Ends the process with the command's exit code if it fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
mkdirSync(parent, { recursive: true });
run(process.execPath, [join(root, 'packages', 'cli', 'deploy', 'bundle.mjs'), folder]);
run('npm', ['pack', folder, '--pack-destination', parent, '--silent']);
