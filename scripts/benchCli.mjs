// `npm run bench:cli [runs]`: how long crctl takes to start, as it is published and unbundled, beside bare Node and `az
// --version`, each in new processes that take turns. What is compared was measured in the same run.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildIfNeeded } from './build.mjs';
import { readFlags } from './command/flags.mjs';

const HELP = `
npm run bench:cli -- [RUNS]

How long crctl takes to start, beside bare Node and az --version; medians of RUNS new processes each (default 15). 'clients list' is
also a whole command: sign-in by key, a request to an app that answers at once, and a table.
Exit code 1 when crctl takes more than 150 ms or three times as long as bare Node, 3 without an Azure CLI to compare with.
`;

/** Times bare Node that crctl may take. */
const MOST = 3;
/** And so many milliseconds. */
const PROMISED = 150;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { positionals } = readFlags(HELP, { allowPositionals: true });
const runs = Number(positionals[0] ?? 15);
if (positionals.length > 1 || !Number.isInteger(runs) || runs < 1) {
  console.error('RUNS must be one whole number from 1 on.\nTry --help.');
  process.exit(2);
}
if (spawnSync('az', ['--version'], { stdio: 'ignore' }).error) {
  console.error('There is no Azure CLI here to compare with.');
  process.exit(3);
}
if (!buildIfNeeded('packages/cli/dist/main.js')) process.exit(1);
const { usedByOthers, verdict } = await import(
  pathToFileURL(join(root, 'packages/local-stack/dist/bench/machine.js')).href
);

/**
 * An app without clients, in a process of its own, since this one waits for each program. Its port is the first that it
 * prints.
 */
const APP = `const server = require('node:http').createServer((_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"clients":[]}');
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

const folder = mkdtempSync(join(tmpdir(), 'bench-cli-'));
const app = spawn(process.execPath, ['-e', APP], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [port] = await once(app.stdout, 'data');
  process.exitCode = await measure(`http://127.0.0.1:${String(port).trim()}`);
} finally {
  app.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} url of an app that answers at once */
async function measure(url) {
  const bundler = join(root, 'packages', 'cli', 'deploy', 'bundle.mjs');
  if (spawnSync(process.execPath, [bundler, folder], { stdio: 'inherit' }).status !== 0) return 1;
  const published = join(folder, 'crctl.mjs');
  const variants = {
    'bare Node': [process.execPath, '-e', '0'],
    'crctl --version': [process.execPath, published, '--version'],
    'crctl --help': [process.execPath, published, '--help'],
    'crctl contexts': [process.execPath, published, 'contexts'],
    'crctl clients list': [process.execPath, published, 'clients', 'list'],
    'crctl --version, unbundled': [process.execPath, join(root, 'packages/cli/bin/crctl.js'), '--version'],
    'az --version': ['az', '--version'],
  };
  const env = {
    ...process.env,
    CRCTL_CONFIG: join(folder, 'contexts.json'),
    CRCTL_URL: url,
    CRCTL_KEY: 'key',
    AZURE_CONFIG_DIR: folder,
  };
  const before = await usedByOthers();
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  for (let run = 0; run <= runs; run++)
    for (const [name, [program = '', ...args]] of Object.entries(variants)) {
      const start = performance.now();
      const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
      if (run > 0) times[name]?.push(performance.now() - start);
    }
  // The first turn fills the disk's cache and is not counted.
  const looks = [before, await usedByOthers()];
  /** @param {keyof typeof variants} name */
  const median = (name) => middle(times[name] ?? []);
  const bare = median('bare Node');
  console.log(`Node ${process.version}, ${cpus().length} cores, medians of ${runs} runs each:`);
  for (const [name, milliseconds] of Object.entries(times).map(
    ([one, list]) => /** @type {const} */ ([one, middle(list)]),
  ))
    console.log(
      `  ${name.padEnd(28)}${milliseconds.toFixed(0).padStart(6)} ms ${(milliseconds / bare).toFixed(2).padStart(7)} times bare Node`,
    );
  const crctl = median('crctl --version');
  console.log(`  crctl starts ${(median('az --version') / crctl).toFixed(1)} times as fast as az`);
  const missed = [
    ...(crctl > bare * MOST
      ? [`crctl takes ${(crctl / bare).toFixed(2)} times as long as bare Node, goal at most ${MOST}`]
      : []),
    ...(crctl > PROMISED ? [`crctl starts in ${crctl.toFixed(0)} ms, goal ${PROMISED}`] : []),
  ];
  console.log(verdict(missed, looks));
  return missed.length > 0 ? 1 : 0;
}

/** @param {readonly number[]} list */
function middle(list) {
  const sorted = list.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
