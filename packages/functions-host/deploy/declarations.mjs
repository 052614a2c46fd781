// The type declarations of a file and of what they name, which must be files of the same workspace or of Node.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';

/**
 * @param {string} workspace its folder
 * @param {string} entry the source file, relative to it and below `src`
 * @returns {Map<string, string>} texts by path, relative to `src`
 * @throws {Error} when the types are wrong, or name a package
 */
export function declarationsOf(workspace, entry) {
  const root = resolve(workspace, '..', '..');
  const folder = mkdtempSync(join(tmpdir(), 'declarations-'));
  try {
    const config = join(folder, 'tsconfig.json');
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: join(workspace, 'src'),
      outDir: join(folder, 'types'),
      typeRoots: [join(root, 'node_modules', '@types')],
    };
    const files = [join(workspace, entry)];
    writeFileSync(
      config,
      JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
    );
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', config], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stdout);
    return reached(join(folder, 'types'), entry.replace(/^src\//, '').replace(/\.ts$/, '.d.ts'));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * The declarations that lead from one to the next.
 *
 * @param {string} folder
 * @param {string} entry
 */
function reached(folder, entry) {
  /** @type {Map<string, string>} */
  const found = new Map();
  const todo = [entry];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (found.has(name)) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    found.set(name, text);
    for (const [, path = ''] of text.matchAll(/(?:from|import\() ?['"]([^'"]+)['"]/g)) {
      if (path.startsWith('node:')) continue;
      if (!path.startsWith('.'))
        throw new Error(`${name} names types of ${path}, which would have to be a dependency.`);
      todo.push(normalize(join(dirname(name), path)).replace(/\.js$/, '.d.ts'));
    }
  }
  return found;
}
