import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PORT_CALLS } from '../../../src/ports/portCalls.js';

const PORTS = resolve('src/ports');
const METHODS = Object.values(PORT_CALLS).flatMap((table) => Object.keys(table));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'port-calls-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  // What the table imports from packages is found from there.
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The table's source without the entry of one method, to be compiled in another folder. */
function without(method: string, source: string): string {
  const entry = new RegExp(`\\b${method}: (?:'not audited'|\\{[^}]*\\}),?`, 'g');
  expect(source.match(entry), method).toHaveLength(1);
  return source.replace(entry, '');
}

/** Compiles one file for each given name. @returns the compiler's errors, a line each */
async function errorsOf(sources: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, source] of Object.entries(sources))
    await writeFile(join(folder, `${name}.ts`), source.replaceAll("from './", `from '${PORTS}/`));
  const types = resolve('node_modules/@types');
  // What only the missing entry has used is unused without it.
  const compilerOptions = { typeRoots: [types], noUnusedLocals: false };
  const options = { extends: resolve('tsconfig.json'), compilerOptions, include: [folder] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options));
  const tsc = [resolve('node_modules/typescript/bin/tsc'), '--noEmit', '--pretty', 'false', '-p', folder];
  const compiled = await promisify(execFile)(process.execPath, tsc).catch(
    (failed: { readonly stdout: string }) => failed,
  );
  return compiled.stdout.split('\n').filter((line) => line.includes('error TS'));
}

test('a method without an entry in the table does not compile, whichever it is', async () => {
  const source = await readFile(join(PORTS, 'portCalls.ts'), 'utf8');
  const variants = METHODS.map((method) => [method, without(method, source)]);
  const errors = await errorsOf({ ...Object.fromEntries(variants), complete: source });
  expect(errors).toHaveLength(METHODS.length);
  for (const method of METHODS)
    expect(errors).toContainEqual(
      expect.stringMatching(`${method}\\.ts\\(.*error TS2741: Property '${method}' is missing in type`),
    );
});
