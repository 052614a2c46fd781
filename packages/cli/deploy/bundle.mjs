// `node packages/cli/deploy/bundle.mjs FOLDER`: what is published as `crctl`. One bundle with parts that are loaded when they are first
// needed; the packages that it needs at run time are the few that hold programs of the system or load only for some sign-ins.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licenceProblems, noticesText, packagesOf } from '../../../scripts/packaging/notices.mjs';

/** Outside of the bundle: large, and only some callers sign in with Entra; and compiled for each system. */
const EXTERNAL = ['@azure/identity', '@napi-rs/keyring'];

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
  // commander is CommonJS and requires modules of Node.
  banner: {
    js: "import { createRequire as requireOfBundle } from 'node:module';\nconst require = requireOfBundle(import.meta.url);",
  },
  external: EXTERNAL.flatMap((name) => [name, `${name}/*`]),
  logLevel: 'warning',
});
const packages = packagesOf(metafile, root);
const problems = licenceProblems(packages);
if (problems.length > 0) throw new Error(problems.join('\n'));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'NOTICES.txt'), noticesText(packages));
const script = join(folder, 'crctl.mjs');
writeFileSync(script, `#!/usr/bin/env node\n${readFileSync(script, 'utf8')}`, { mode: 0o755 });
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
copyFileSync(join(here, '..', 'README.md'), join(folder, 'README.md'));
const { name, version, description, license, engines, dependencies } = JSON.parse(
  readFileSync(join(here, '..', 'package.json'), 'utf8'),
);
const published = {
  name,
  version,
  description,
  license,
  type: 'module',
  engines,
  bin: { [name]: 'crctl.mjs' },
  files: ['*.mjs', 'NOTICES.txt'],
  dependencies: Object.fromEntries(EXTERNAL.map((one) => [one, dependencies[one]])),
};
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
