// `npm run fuzz:host`: random cases by seed, on the local Functions host and on Microsoft's own. The code is in
// test/conformance/fuzz; it is bundled here, since nothing else compiles what is below test. Exit code 3 when there is
// no such host.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildIfNeeded } from './build.mjs';
import { messageOf } from './command/errors.mjs';
import { readFlags } from './command/flags.mjs';
import { namedHost } from './command/namedHost.mjs';

const { values: flags } = readFlags(
  `
npm run fuzz:host -- --seeds A-B [--kinds K,K] [--parallel N] [--runs N] [--shrink S] [--json FILE]

Compares the local Functions host with Microsoft's own on cases that are drawn by seed: programs of durable functions, what is done
to them from outside, odd values and errors, bodies, routes, requests and answers. Prints each difference with its seed and the
smallest case that shows it. docs/local-host.md says which differences count as timing, and by which rule.

  --seeds A-B   numbers and ranges, such as 1-100,250
  --kinds K,K   only seeds of these kinds
  --parallel N  cases at a time; 8
  --runs N      how often a case that differs runs before the difference counts; 4
  --shrink S    seconds for making one differing case smaller; 60
  --json FILE   writes the differences
  FUNCTIONS_HOST  the real host: a host.mjs that exports startHost, or its folder; it needs dotnet

Exit code 0: no difference; 1: there are some; 2: wrong flags; 3: there is no real host to compare with.
`,
  {
    options: {
      seeds: { type: 'string', default: '' },
      kinds: { type: 'string' },
      parallel: { type: 'string', default: '8' },
      runs: { type: 'string', default: '4' },
      shrink: { type: 'string', default: '60' },
      json: { type: 'string' },
    },
  },
);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const host = namedHost();
if ('problem' in host) {
  console.log(`fuzz:host did not run: ${host.problem}.`);
  process.exitCode = 3;
} else if (!buildIfNeeded()) process.exitCode = 1;
else {
  const { build } = await import('esbuild');
  const outfile = join(root, 'dist', 'fuzz', 'main.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/conformance/fuzz/main.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['source'],
    sourcemap: true,
    logLevel: 'warning',
  });
  // Both hosts end with this process.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  const { main } = await import(pathToFileURL(outfile).href);
  process.exitCode = await main(host.module, flags).catch((/** @type {unknown} */ error) => {
    console.error(`${messageOf(error)}\nTry --help.`);
    return 2;
  });
}
