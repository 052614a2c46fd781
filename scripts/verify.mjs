// `npm run verify`: format, lint, types, build and unit tests, one after the other; ends with the first that fails.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { helpFirst } from './command/flags.mjs';

const HELP = `
npm run verify -- [--without-tests] [arguments for Vitest]

Format (prettier), lint with types and the walls between folders (oxlint), types (tsc), build, unit tests.

  --without-tests  leaves out the unit tests, where npm test follows, which has them
`;

helpFirst(HELP);
const given = process.argv.slice(2);
const forVitest = given.filter((argument) => argument !== '--without-tests');
const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** @param {string} name */
const bin = (name) => join(root, 'node_modules', '.bin', name);
/** @type {[command: string, ...args: string[]][]} */
const steps = [
  [bin('prettier'), '--check', '.'],
  [bin('oxlint')],
  // Each workspace against what its package.json and its references allow, then everything with its tests.
  [bin('tsc'), '-b', 'tsconfig.packages.json'],
  [bin('tsc'), '--noEmit'],
  // Scripts and hooks are JavaScript: their types stand in JSDoc.
  [bin('tsc'), '--noEmit', '-p', 'tsconfig.scripts.json'],
  // A browser has other globals than Node, so the page's tests are apart.
  [bin('tsc'), '--noEmit', '-p', 'packages/ui/test'],
  [bin('tsc'), '--noEmit', '-p', 'test/system/fleetPage'],
  [process.execPath, join(root, 'scripts', 'build.mjs')],
  ...(forVitest.length < given.length
    ? []
    : [/** @type {[string, ...string[]]} */ ([bin('vitest'), 'run', '--project', 'unit*', ...forVitest])]),
];
for (const [command, ...args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status === 0) continue;
  process.exitCode = status ?? 1;
  break;
}
