import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Compiled programs that tests start often, each as its workspace and the path below dist/. */
const PROGRAMS = [
  'agent/main',
  'azure-simulator/main',
  'connected-registry-simulator/main',
  'functions-host/main',
  'local-stack/device/main',
];

const root = fileURLToPath(new URL('..', import.meta.url));

/** The folder that `compiled()` of packages/clock looks into first, through the variable BUNDLED_PROGRAMS. */
export const FOLDER = join(root, 'dist', 'programs');

/**
 * Bundles the programs that stand for Azure and the devices: as hundreds of files, to load them takes half of the
 * processor time that a stack needs to start. The build (buildOnce.ts) comes first.
 */
export async function setup(): Promise<void> {
  const done = join(FOLDER, '.bundled');
  // Builds are compared by their stamp's own time, which is when a build began.
  const inputs = [join(root, 'dist', '.built'), fileURLToPath(import.meta.url)];
  if (existsSync(done) && inputs.every((file) => statSync(done).mtimeMs > statSync(file).ctimeMs)) return;
  rmSync(FOLDER, { recursive: true, force: true, maxRetries: 5 });
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      PROGRAMS.map((program) => [program, `packages/${program.replace('/', '/dist/')}.js`]),
    ),
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    conditions: ['module'],
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    // Stack traces in logs keep the names.
    keepNames: true,
    logLevel: 'warning',
    // A package in CommonJS that is loaded on first use has no named exports in a bundle.
    external: ['mqtt'],
    // Packages in CommonJS that are bundled ask for Node's own modules in this way.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  writeFileSync(done, '');
}
