// Compiles the app into dist/ and each workspace into its own dist/ when a source is newer than the last build. Plain JavaScript,
// since it runs before anything is compiled. `node scripts/build.mjs` builds; run.mjs and the tests import it.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFlags } from './flags.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist', '.built');
const packages = join(root, 'packages');
const workspaces = () => (existsSync(packages) ? readdirSync(packages).map((name) => join('packages', name)) : []);
const sources = () => [
  'src',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  ...workspaces().flatMap((folder) => [
    join(folder, 'src'),
    join(folder, 'package.json'),
    join(folder, 'tsconfig.json'),
  ]),
];

/** Newest modification in milliseconds; a folder's own counts too, since that is what a deleted file changes. */
function newest(path) {
  const own = statSync(path);
  if (!own.isDirectory()) return own.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), own.mtimeMs);
}

/**
 * @param {string} [needed] a compiled file that must be there afterwards, relative to the project
 * @returns {boolean} false when the compiler found errors, which it has printed
 */
export function buildIfNeeded(needed) {
  const complete = needed === undefined || existsSync(join(root, needed));
  if (
    complete &&
    existsSync(stamp) &&
    statSync(stamp).mtimeMs > Math.max(...sources().map((name) => newest(join(root, name))))
  )
    return true;
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler)) {
    console.error(`${compiler} does not exist: the packages are not installed. Run npm ci first.`);
    return false;
  }
  // Without its record the compiler writes every file again, also those that somebody has deleted from dist/.
  try {
    mkdirSync(join(root, 'dist'), { recursive: true });
    if (!complete)
      for (const folder of ['.', ...workspaces()]) rmSync(join(root, folder, 'dist', '.tsbuildinfo'), { force: true });
    accessSync(join(root, 'dist'), constants.W_OK);
    if (existsSync(stamp)) accessSync(stamp, constants.W_OK);
  } catch (error) {
    console.error(`${join(root, 'dist')} cannot be written (${error.code}). Build as the owner of this folder.`);
    return false;
  }
  const startedAt = new Date();
  const { status } = spawnSync(process.execPath, [compiler, '-b', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) return false;
  writeFileSync(stamp, '');
  utimesSync(stamp, startedAt, startedAt); // A source that changed while the compiler ran is newer than this build.
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  readFlags(
    'npm run build\n\nCompiles the app into dist/ and each workspace into its own dist/ when a source is newer than the last build.',
  );
  process.exitCode = buildIfNeeded() ? 0 : 1;
}
