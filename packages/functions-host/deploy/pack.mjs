// `npm run package:host -- [--to DIR]`: what is published as @connected-registry/functions-host, as a folder and as
// npm's archive of it. What it takes from other workspaces is bundled with it, code and types; packages of the registry
// stay dependencies.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { readFlags } from '../../../scripts/command/flags.mjs';
import { declarationsOf } from './declarations.mjs';
import { publishedText } from './publishedText.mjs';

const HELP = `
npm run package:host -- [--to DIR]

Writes the package of the local Functions host: DIR/functions-host, and npm's archive of it in DIR. By default DIR is package.
Publish it with 'npm publish package/functions-host'.
`;

/** Programs and what others import, by the name of the compiled file. */
const ENTRIES = { index: 'src/index.ts', main: 'src/main.ts', 'testing/child': 'src/testing/child.ts' };

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const root = resolve(here, '..', '..');
const { values } = readFlags(HELP, { options: { to: { type: 'string', default: 'package' } } });
const target = resolve(values.to);
const folder = join(target, 'functions-host');
/** @param {string} path */
const manifestOf = (path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));

rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
mkdirSync(join(folder, 'dist'), { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ENTRIES,
  outdir: join(folder, 'dist'),
  chunkNames: 'part-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  conditions: ['source', 'module'],
  // Workspaces are found by their names, all other packages stay outside.
  plugins: [
    {
      name: 'packages-stay-outside',
      setup(bundler) {
        bundler.onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
          kind === 'entry-point' || path.startsWith('@connected-registry/') ? undefined : { path, external: true },
        );
      },
    },
  ],
  metafile: true,
  logLevel: 'warning',
});

const imported = Object.values(metafile.outputs).flatMap(({ imports }) =>
  imports.filter(({ external }) => external).map(({ path }) => path),
);
const packages = [...new Set(imported)].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
const { dependencies: own, private: _private, scripts: _scripts, exports: _exports, ...manifest } = manifestOf(here);
const known = { ...manifestOf(join(here, '..', 'clock')).dependencies, ...own };
const dependencies = Object.fromEntries(packages.toSorted().map((name) => [name, known[name]]));
const unknown = packages.filter((name) => known[name] === undefined);
if (unknown.length > 0) throw new Error(`No package.json names ${unknown.join(', ')}.`);
const exports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' };
const published = { ...manifest, exports, types: './dist/index.d.ts', dependencies };
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);

for (const [name, text] of declarationsOf(here, 'src/index.ts')) {
  const file = join(folder, 'dist', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
for (const name of ['bin', 'examples', 'CHANGELOG.md'])
  cpSync(join(here, name), join(folder, name), { recursive: true });
mkdirSync(join(folder, 'docs'));
writeFileSync(join(folder, 'README.md'), publishedText(readFileSync(join(here, 'README.md'), 'utf8')));
writeFileSync(
  join(folder, 'docs', 'local-host.md'),
  publishedText(readFileSync(join(root, 'docs', 'local-host.md'), 'utf8')),
);

const { status } = spawnSync('npm', ['pack', '--silent', '--pack-destination', target], {
  cwd: folder,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
