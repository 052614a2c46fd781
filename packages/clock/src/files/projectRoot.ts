import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The root folder of the repository: the nearest parent folder of this file whose package.json has workspaces.
 *
 * @throws Error if this package was installed outside the repository, whose programs alone call it
 */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!hasWorkspaces(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`No package.json with workspaces above ${fileURLToPath(import.meta.url)}.`);
    folder = parent;
  }
  return folder;
}

/**
 * The path of a compiled file of a workspace: `compiled('agent/main.js')` is `<root>/packages/agent/dist/main.js`. The
 * tests bundle programs that they start often: BUNDLED_PROGRAMS names the folder, and the bundle `agent/main.mjs` in it
 * is taken.
 */
export function compiled(file: string): string {
  const bundles = process.env['BUNDLED_PROGRAMS'];
  if (bundles) {
    const bundle = join(bundles, file.replace(/\.js$/, '.mjs'));
    if (existsSync(bundle)) return bundle;
  }
  const [workspace = '', ...rest] = file.split('/');
  return join(projectRoot(), 'packages', workspace, 'dist', ...rest);
}

function hasWorkspaces(folder: string): boolean {
  const file = join(folder, 'package.json');
  return existsSync(file) && 'workspaces' in (JSON.parse(readFileSync(file, 'utf8')) as object);
}
