import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with this project's package.json, found from this file whether it runs from its source or from dist/. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`No package.json above ${fileURLToPath(import.meta.url)}.`);
    folder = parent;
  }
  return folder;
}

/** A compiled file: `compiled('local/edge/main.js')` is `<root>/dist/local/edge/main.js`. */
export function compiled(file: string): string {
  return join(projectRoot(), 'dist', file);
}
