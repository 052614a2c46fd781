// `node packages/agent/deploy/bundle.mjs FOLDER`: the agent with what it takes from other workspaces, as
// FOLDER/main.mjs. Packages of the registry stay outside: package.json beside this file names them for the container.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Usage: node packages/agent/deploy/bundle.mjs FOLDER');
  process.exit(2);
}
await build({
  entryPoints: { main: join(here, '..', 'src', 'main.ts') },
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'part-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  conditions: ['source', 'module'],
  sourcemap: 'linked',
  sourcesContent: false,
  external: Object.keys(dependencies).flatMap((name) => [name, `${name}/*`]),
  logLevel: 'warning',
});
