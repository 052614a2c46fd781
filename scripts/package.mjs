// `npm run package`: what is deployed, in package/app, and as package/app.zip: the app as one bundle with its SDKs in
// parts that are loaded on first use, source maps, host.json and a package.json without dependencies. Of the workspaces
// it holds protocol, the clock's reading of schedules and the built fleet page, nothing else.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, buildSync } from 'esbuild';
import { zipSync } from 'fflate';
import { readFlags } from './command/flags.mjs';
import { bundlePage, writePage } from './packaging/fleetPage.mjs';
import { licenceProblems, noticesText, packagesOf } from './packaging/notices.mjs';

readFlags('npm run package\n\nWrites what is deployed: package/app and package/app.zip, with THIRD-PARTY-NOTICES.');

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'package', 'app');
const zip = join(root, 'package', 'app.zip');

/** Equal contents make an equal zip, whenever it is made. */
const ZIP_TIME = new Date('2000-01-01T00:00:00');

/** What the bundle may come from: the app, and packages that it depends on. */
const ALLOWED =
  /^(src|packages\/protocol\/src|packages\/clock\/src\/schedules|packages\/ui\/dist\/page|node_modules)\//;

/**
 * Two packages that durable-functions uses only in its client, and that take half of its time to load: they are loaded
 * when the first client is made, so a start for an activity, an orchestration or an answer without one pays for
 * neither.
 *
 * @type {import('esbuild').Plugin}
 */
const deferred = {
  name: 'deferred',
  setup(bundler) {
    bundler.onResolve({ filter: /^(axios|validator)$/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === 'real' || kind !== 'require-call' || !importer.includes('durable-functions')) return undefined;
      const real = await bundler.resolve(path, { kind, importer, resolveDir, pluginData: 'real' });
      return { path: real.path, namespace: 'deferred' };
    });
    bundler.onLoad({ filter: /.*/, namespace: 'deferred' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, name) => require(${JSON.stringify(path)})[name] });`,
      loader: 'js',
      resolveDir: dirname(path),
    }));
  },
};

const { name, version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// What other scripts have written there stays.
for (const old of [folder, zip]) rmSync(old, { recursive: true, force: true, maxRetries: 5 });
mkdirSync(folder, { recursive: true });
writePage(buildSync, root);
const { metafile, warnings } = await build({
  absWorkingDir: root,
  entryPoints: { index: 'src/index.ts' },
  outdir: join(folder, 'dist'),
  outExtension: { '.js': '.mjs' },
  chunkNames: 'part-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  conditions: ['source', 'module'],
  target: 'node20.19',
  // Names and lines stay: what an error in a log quotes can be read.
  minifySyntax: true,
  plugins: [deferred],
  legalComments: 'linked',
  sourcemap: 'linked',
  // The sources are in the repository; the maps need only their names and lines.
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
  // Only the Functions worker has it; it is found by the worker's hook on require.
  external: ['@azure/functions-core'],
  // Packages in CommonJS that are bundled ask for Node's own modules in this way.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

const strangers = Object.keys(metafile.inputs).filter(
  (input) => !ALLOWED.test(input.replace(/^deferred:.*?(?=node_modules)/, '')),
);
if (strangers.length > 0 || warnings.length > 0) {
  console.error(
    `Not packaged: ${strangers.length > 0 ? `the bundle holds ${strangers.join(', ')}` : 'esbuild has warnings'}.`,
  );
  process.exit(1);
}

// The page is in the app's bundle as texts, so its own bundle says which packages are in it.
const ofPage = bundlePage(buildSync, root).metafile;
const packages = packagesOf({ outputs: { ...metafile.outputs, ...ofPage.outputs } }, root);
const problems = licenceProblems(packages);
if (problems.length > 0) {
  console.error(`Not packaged: ${problems.join('; ')}. The list is in scripts/packaging/notices.mjs.`);
  process.exit(1);
}

cpSync(join(root, 'host.json'), join(folder, 'host.json'));
cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), noticesText(packages));
const manifest = { name, version, license, private: true, type: 'module', main: 'dist/index.mjs', engines };
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  .toSorted();
const entries = files.map((file) => [
  file.replaceAll('\\', '/'),
  [readFileSync(join(folder, file)), { mtime: ZIP_TIME }],
]);
const bytes = zipSync(Object.fromEntries(entries), { level: 9 });
writeFileSync(zip, bytes);

const code = Object.entries(metafile.outputs).filter(([file]) => file.endsWith('.mjs'));
const start = code.find(([, { entryPoint }]) => entryPoint === 'src/index.ts')?.[1].bytes ?? 0;
/** @param {number} count */
const kilobytes = (count) => `${Math.round(count / 1024)} KB`;
const total = code.reduce((sum, [, one]) => sum + one.bytes, 0);
console.log(
  `package/app.zip: ${kilobytes(bytes.length)}; ${code.length} parts with ${kilobytes(total)} of code, the first of ${kilobytes(start)}`,
);
