// `node packages/cli/deploy/bundle.mjs FOLDER`: what is published as `crctl`. One bundle with parts that are loaded
// when they are first needed. It needs no other package at run time; one that is compiled for each system, and serves
// few callers, is optional (decision 57).
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licenceProblems, noticesText, packagesOf } from '../../../scripts/packaging/notices.mjs';

/** Compiled for each system, for callers of `--store-key`. */
const OPTIONAL = ['@napi-rs/keyring'];

/** What the bundle may come from. */
const ALLOWED = /^(packages\/(cli|protocol)\/src|node_modules)\//;

/**
 * Messages in 50 languages, a fifth of the package, which nothing shows: zod has English without this index.
 *
 * @type {import('esbuild').Plugin}
 */
const withoutLocales = {
  name: 'without-locales',
  setup(bundler) {
    bundler.onResolve({ filter: /\/locales\/index\.js$/ }, ({ path, importer }) =>
      /node_modules\/zod\//.test(importer) ? { path, namespace: 'without-locales' } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'without-locales' }, () => ({ contents: 'export {};' }));
  },
};

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Usage: node packages/cli/deploy/bundle.mjs FOLDER');
  process.exit(2);
}
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { crctl: join(here, '..', 'src', 'main.ts') },
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'part-[hash]',
  bundle: true,
  splitting: true,
  minifySyntax: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  conditions: ['source', 'module'],
  metafile: true,
  plugins: [withoutLocales],
  // Packages in CommonJS require modules of Node.
  banner: {
    js: "import { createRequire as requireOfBundle } from 'node:module';\nconst require = requireOfBundle(import.meta.url);",
  },
  external: OPTIONAL,
  logLevel: 'warning',
});
const strangers = Object.keys(metafile.inputs).filter(
  (input) => !input.startsWith('without-locales:') && !ALLOWED.test(input),
);
if (strangers.length > 0) throw new Error(`These files do not belong into crctl:\n${strangers.join('\n')}`);
const packages = packagesOf(metafile, root);
const problems = licenceProblems(packages);
if (problems.length > 0) throw new Error(problems.join('\n'));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'NOTICES.txt'), noticesText(packages));
const script = join(folder, 'crctl.mjs');
writeFileSync(script, `#!/usr/bin/env node\n${readFileSync(script, 'utf8')}`, { mode: 0o755 });
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
for (const file of ['README.md', 'CHANGELOG.md']) copyFileSync(join(here, 'published', file), join(folder, file));
const { name, version, description, license, engines, dependencies } = JSON.parse(
  readFileSync(join(here, '..', 'package.json'), 'utf8'),
);
const published = {
  name,
  version,
  description,
  keywords: ['azure', 'container-registry', 'connected-registry', 'cli'],
  license,
  type: 'module',
  engines,
  bin: { [name]: 'crctl.mjs' },
  files: ['*.mjs', 'CHANGELOG.md', 'NOTICES.txt'],
  optionalDependencies: Object.fromEntries(OPTIONAL.map((one) => [one, dependencies[one]])),
};
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
