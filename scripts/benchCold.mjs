// `npm run bench:cold [runs]`: how long the app takes to load, as a bundle and unbundled, each in new processes that
// take turns; and how long bare Node takes. What is compared was measured in the same run. Exit code 1 when the bundle
// takes more than its share.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildIfNeeded } from './build.mjs';
import { readFlags } from './command/flags.mjs';

const HELP = `
npm run bench:cold -- [RUNS]

How long the app takes to load, as a bundle and unbundled, beside bare Node; medians of RUNS new processes each (default 15).
Exit code 1 when the bundle takes more than 60 % of the unbundled time.
`;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Of the unbundled time, at most. */
const SHARE = 0.6;
const { positionals } = readFlags(HELP, { allowPositionals: true });
const runs = Number(positionals[0] ?? 15);
if (positionals.length > 1 || !Number.isInteger(runs) || runs < 1) {
  console.error('RUNS must be one whole number from 1 on.\nTry --help.');
  process.exit(2);
}
const loader = join(root, 'scripts', 'cold', 'load.mjs');

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}

if (!buildIfNeeded('dist/src/index.js')) fail('The build failed; nothing was measured.');
if (spawnSync(process.execPath, [join(root, 'scripts', 'package.mjs')], { stdio: 'inherit' }).status !== 0)
  fail('It could not be packaged; nothing was measured.');
const { usedByOthers, verdict } = await import(
  pathToFileURL(join(root, 'packages/local-stack/dist/bench/machine.js')).href
);
const before = await usedByOthers();

/** @param {string[]} parts */
const url = (...parts) => pathToFileURL(join(root, ...parts)).href;
const parts = readdirSync(join(root, 'package', 'app', 'dist')).filter((file) => /^part-.*\.mjs$/.test(file));
const SDKS = [
  '@azure/arm-containerregistry',
  '@azure/identity',
  '@azure/keyvault-secrets',
  '@azure/eventgrid',
  '@azure/monitor-opentelemetry-exporter',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/sdk-trace-base',
];
const variants = {
  'app, bundled': [url('package', 'app', 'dist', 'index.mjs')],
  'app, unbundled': [url('dist', 'src', 'index.js')],
  'app and SDKs, bundled': [
    url('package', 'app', 'dist', 'index.mjs'),
    ...parts.map((file) => url('package', 'app', 'dist', file)),
  ],
  'app and SDKs, unbundled': [url('dist', 'src', 'index.js'), ...SDKS.map((name) => import.meta.resolve(name))],
};

const env = {
  PATH: process.env.PATH,
  REGISTRIES: '/subscriptions/0/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/aregistry',
  KEY_VAULT_URL: 'https://a.vault.azure.net',
  SIGNAL_TOPIC_ENDPOINT: 'https://a.eventgrid.azure.net/api/events',
  REPORT_KEYS: `k1:${Buffer.alloc(32).toString('base64url')}`,
};

/** @param {readonly string[]} modules */
function load(modules) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [loader, ...modules], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) fail(`A module does not load: ${stderr}`);
  return Number(stdout.trim().split('\n').at(-1));
}

function bare() {
  const started = performance.now();
  spawnSync(process.execPath, ['--eval', '0'], { env });
  return performance.now() - started;
}

/** @param {readonly number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
/** @type {Record<string, number[]>} */
const measured = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
/** @type {number[]} */
const bareTimes = [];
/** @type {[times: number[], work: () => number][]} */
const turns = [
  [bareTimes, bare],
  ...Object.entries(variants).map(
    /** @returns {[number[], () => number]} */ ([name, modules]) => [measured[name] ?? [], () => load(modules)],
  ),
];
// The first turn fills the disk's cache and is not counted.
for (let turn = 0; turn <= runs; turn += 1)
  for (const [times, work] of turns) {
    const milliseconds = work();
    if (turn > 0) times.push(milliseconds);
  }

console.log(`Node ${process.version}, ${cpus().length} cores, medians of ${runs} runs each:`);
const unit = median(bareTimes);
console.log(`  ${'bare Node, start to end'.padEnd(26)} ${unit.toFixed(0).padStart(6)} ms`);
for (const [name, values] of Object.entries(measured)) {
  const milliseconds = median(values);
  console.log(
    `  ${name.padEnd(26)} ${milliseconds.toFixed(0).padStart(6)} ms  ${(milliseconds / unit).toFixed(2)} x bare Node`,
  );
}
const missed = [];
for (const what of ['app', 'app and SDKs']) {
  const share = median(measured[`${what}, bundled`] ?? []) / median(measured[`${what}, unbundled`] ?? []);
  const text = `${what}: the bundle takes ${(share * 100).toFixed(0)} % of the unbundled time`;
  console.log(`  ${text}`);
  if (share > SHARE) missed.push(`${text}, goal at most ${SHARE * 100} %`);
}
console.log(verdict(missed, [before, await usedByOthers()]));
if (missed.length > 0) process.exitCode = 1;
