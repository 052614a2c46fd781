// `npm run picture`: writes the pictures of the fleet page anew, with Debian's Chromium: docs/fleet-page.png, and those
// that its tests compare screenshots with.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFlags } from './command/flags.mjs';

readFlags(`
npm run picture

Writes docs/fleet-page.png and test/system/fleetPage/goldens: the fleet page with a made-up fleet, as Debian's Chromium
shows it. Look at them before you commit them.
`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const args = ['run', '--project', 'system', 'test/system/fleetPage/pictures.test.ts'];
const child = spawn(process.execPath, [vitest, ...args], {
  cwd: root,
  env: { ...process.env, PICTURES: 'write' },
  stdio: 'inherit',
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => (process.exitCode = code ?? 1));
