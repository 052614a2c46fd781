// Compiles the app into dist/ and each workspace into its own dist/ when a source is newer than the last build. Plain
// JavaScript, since it runs before anything is compiled. `node scripts/build.mjs` builds; run.mjs and the tests import
// it. It removes types and does not check them: `npm run verify` does (docs/decisions/0040-workspaces.md).
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
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf } from './command/errors.mjs';
import { readFlags } from './command/flags.mjs';
import { PAGE_FOLDER, writePage } from './packaging/fleetPage.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist', '.built');
const packages = join(root, 'packages');
const workspaces = () => (existsSync(packages) ? readdirSync(packages).map((name) => join('packages', name)) : []);
const sources = () => [
  'src',
  'tsconfig.json',
  'package-lock.json',
  ...workspaces().flatMap((folder) => [join(folder, 'src'), join(folder, 'package.json')]),
];

/**
 * Newest modification in milliseconds; a folder's own counts too, since that is what a deleted file changes.
 *
 * @param {string} path
 * @returns {number}
 */
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
  const compiler = join(root, 'node_modules', 'esbuild');
  if (!existsSync(compiler)) {
    console.error(`${compiler} does not exist: the packages are not installed. Run npm ci first.`);
    return false;
  }
  try {
    mkdirSync(join(root, 'dist'), { recursive: true });
    accessSync(join(root, 'dist'), constants.W_OK);
    if (existsSync(stamp)) accessSync(stamp, constants.W_OK);
  } catch (error) {
    console.error(`${join(root, 'dist')} cannot be written (${codeOf(error)}). Build as the owner of this folder.`);
    return false;
  }
  const startedAt = new Date();
  const { buildSync } = createRequire(import.meta.url)('esbuild');
  try {
    compile(buildSync, 'src', join('dist', 'src'));
    for (const folder of workspaces())
      if (folder === PAGE_FOLDER) writePage(buildSync, root);
      else compile(buildSync, join(folder, 'src'), join(folder, 'dist'));
  } catch {
    return false; // The compiler has printed each error with its place.
  }
  writeFileSync(stamp, '');
  utimesSync(stamp, startedAt, startedAt); // A source that changed while the compiler ran is newer than this build.
  return true;
}

/**
 * Compiles each file of a folder for itself, and removes compiled files whose source is gone.
 *
 * @param {typeof import('esbuild').buildSync} buildSync
 * @param {string} from
 * @param {string} to
 */
function compile(buildSync, from, to) {
  const outdir = join(root, to);
  const names = filesIn(join(root, from), '.ts');
  buildSync({
    absWorkingDir: root,
    entryPoints: names.map((name) => join(root, from, name)),
    outbase: join(root, from),
    outdir,
    format: 'esm',
    platform: 'node',
    sourcemap: true,
    logLevel: 'warning',
    tsconfig: join(root, 'tsconfig.json'),
  });
  const compiled = new Set(names.map((name) => name.replace(/ts$/, 'js')));
  for (const name of filesIn(outdir, '.js'))
    if (!compiled.has(name)) for (const old of [name, `${name}.map`]) rmSync(join(outdir, old), { force: true });
}

/**
 * Paths relative to a folder of the files with this ending, in folders below it, too.
 *
 * @param {string} folder
 * @param {string} ending
 */
function filesIn(folder, ending) {
  return readdirSync(folder, { encoding: 'utf8', recursive: true }).filter(
    (name) => name.endsWith(ending) && !name.endsWith('.d.ts'),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  readFlags(
    'npm run build\n\nCompiles the app into dist/ and each workspace into its own dist/ when a source is newer than the last build.',
  );
  process.exitCode = buildIfNeeded() ? 0 : 1;
}
