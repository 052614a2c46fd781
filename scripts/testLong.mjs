// `npm run test:long`: larger sizes of the same tests, then the whole of it on Microsoft's own Functions host.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { helpFirst } from './command/flags.mjs';
import { flagsOf } from './tests/rings.mjs';

const HELP = `
npm run test:long -- [arguments for Vitest]

All trials of which \`npm test\` runs a choice: every recorded case killed at every place, all end-to-end tests in their full sizes,
the long random schedules, the whole matrices, the large storm and the years; then, where there is one, the end-to-end tests of the
packaged app on Microsoft's own Functions host (exit code 3 when there is none). Takes hours.
`;

helpFirst(HELP);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const given = process.argv.slice(2);
const steps = [
  [vitest, 'run', ...flagsOf('long'), ...given],
  [join(root, 'scripts', 'testFunc.mjs'), '--package', 'test/e2e/', 'test/func/', ...given],
];
for (const step of steps) {
  const env = { ...process.env, KILLS: 'all' };
  const { status } = spawnSync(process.execPath, step, { cwd: root, stdio: 'inherit', env });
  if (status === 0) continue;
  process.exitCode = status ?? 1;
  break;
}
