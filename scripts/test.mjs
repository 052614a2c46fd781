// `npm test` and its parts: which of the rings of vitest.config.ts run. test/README.md describes the rings.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flagsOf, RINGS } from './tests/rings.mjs';

const HELP = `
npm test -- [files] [arguments for Vitest]

Runs all tests that need only Node: unit, conformance and end-to-end tests. It takes about ten minutes on two cores, says
what starts, and prints a line as each file ends. Parts of it, and further rings (test/README.md):

  npm run test:unit         functions, flows and adapters over fakes
  npm run test:conformance  the local Functions host against recorded cases of Microsoft's
  npm run test:e2e          the app with local stand-ins for Azure, over public interfaces
  npm run test:package      the main flows with the app as it is deployed
  npm run test:long         all sizes and repetitions of these tests; takes hours
  npm run test:func         the end-to-end tests on Microsoft's own Functions host
  npm run test:system       with skopeo, podman, docker and docker-registry
  npm run test:az           with the Azure CLI
  npm run test:infra        with the Bicep CLI

  npm test -- test/e2e/onboarding.test.ts            one file
  npm test -- -t 'a killed functions host is restarted'   tests by their names
  npx vitest --help                                  what Vitest takes
`;

const [ring = 'default', ...given] = process.argv.slice(2);
const isRing = Object.hasOwn(RINGS, ring);
const forVitest = isRing ? given : process.argv.slice(2);
if (forVitest[0] === '--help') {
  console.log(HELP.trim());
  process.exit(0);
}
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const flags = flagsOf(isRing ? /** @type {import('./tests/rings.mjs').Ring} */ (ring) : 'default');
const { status } = spawnSync(process.execPath, [vitest, 'run', ...flags, ...forVitest], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
