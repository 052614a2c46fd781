// `npm run with-node -- VERSION COMMAND [arguments]`: runs a command under another Node, which npm's package `node`
// brings. It is installed once into node_modules/.cache and stands first on the PATH, so that npm, npx and every
// process below have it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodeOf, messageOf } from './command/errors.mjs';
import { helpFirst } from './command/flags.mjs';

const HELP = `
npm run with-node -- VERSION COMMAND [arguments]

Runs the command under another version of Node, such as 'npm run with-node -- 24 npm test'.

  VERSION   22, 22.12 or 22.12.0: npm's package 'node' of that version, the newest that fits
  COMMAND   anything; 'node', 'npm' and 'npx' are of, or run under, that version

The exit code is the command's, and signals are passed on to it. What was installed is kept in node_modules/.cache/node.
`;

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @param {string} version
 * @returns {string} the folder of its programs
 * @throws {Error} for the user, when the package cannot be had
 */
function install(version) {
  const folder = join(root, 'node_modules', '.cache', 'node', version);
  const bin = join(folder, 'node_modules', 'node', 'bin');
  if (existsSync(join(bin, 'node'))) return bin;
  // Beside its place first: what another process finds there is whole.
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    writeFileSync(join(draft, 'package.json'), '{"private":true}');
    // The package's own install step puts the binary of this machine in its place.
    const { status, stderr } = spawnSync(
      'npm',
      [
        'install',
        `node@${version}`,
        '--no-audit',
        '--no-fund',
        '--no-save',
        '--ignore-scripts=false',
        '--loglevel=error',
      ],
      { cwd: draft, encoding: 'utf8', env: withoutNpmSettings() },
    );
    if (status !== 0 || !existsSync(join(draft, 'node_modules', 'node', 'bin', 'node')))
      throw new Error(`npm's package node@${version} could not be installed.\n${(stderr ?? '').trim()}`);
    if (existsSync(folder)) return bin;
    renameSync(draft, folder);
    return bin;
  } finally {
    rmSync(draft, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `npm run` hands its own settings on, of which some (the prefix, the workspace) are about this project. */
function withoutNpmSettings() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_(local_)?prefix|package_|lifecycle_)/.test(name)),
  );
}

helpFirst(HELP);
const [version = '', command, ...args] = process.argv.slice(2);
if (!/^\d{1,3}(\.\d{1,3}){0,2}$/.test(version)) {
  console.error(`'${version}' is no version of Node such as 24, 22.12 or 20.19.0.\nTry --help.`);
  process.exit(2);
}
if (command === undefined) {
  console.error('A command to run under that Node is needed.\nTry --help.');
  process.exit(2);
}
let bin;
try {
  bin = install(version);
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal));
child.once('error', (error) => {
  console.error(`${command} could not be started: ${error.message}`);
  process.exitCode = 127;
});
// As a shell tells of a command that a signal ended.
child.once('exit', (code, signal) => (process.exitCode = exitCodeOf(code, signal)));
