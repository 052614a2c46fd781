/** Finds and loads the files in package.json's `main`. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { glob, isDynamicPattern } from 'tinyglobby';

import { isJsonObject } from '../config/jsonWithComments.js';
import { WorkerSystemError } from './errors.js';

interface PackageJson {
  readonly main: string | undefined;
  readonly type: string | undefined;
}

/**
 * Reads `main` and `type` of an app's package.json.
 * @throws WorkerSystemError if there is none or it is not a JSON object
 */
async function readPackageJson(appDir: string): Promise<PackageJson> {
  const file = path.join(appDir, 'package.json');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new WorkerSystemError(`${file} does not exist`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new WorkerSystemError(`${file} is not valid JSON`, { cause: error });
  }
  if (!isJsonObject(value)) throw new WorkerSystemError(`${file} is not an object`);
  const textOf = (name: string): string | undefined => {
    const found = value[name];
    return typeof found === 'string' ? found : undefined;
  };
  return { main: textOf('main'), type: textOf('type') };
}

/** An entry point: its path in the app folder, and its module system. */
export interface EntryPoint {
  readonly file: string;
  load(): Promise<void>;
}

/**
 * The entry points of an app, in the order of their names.
 * @throws WorkerSystemError if package.json names none or no file matches
 */
export async function entryPoints(appDir: string): Promise<EntryPoint[]> {
  const packageJson = await readPackageJson(appDir);
  const { main } = packageJson;
  if (main === undefined)
    throw new WorkerSystemError(
      `${path.join(appDir, 'package.json')} has no "main": it names the app's files, and may be a glob`,
    );
  const pattern = main.replace(/^\.\//, '');
  const found = isDynamicPattern(pattern)
    ? await glob(pattern, { cwd: appDir, ignore: ['**/node_modules/**'] })
    : await glob(pattern, { cwd: appDir, expandDirectories: true });
  if (found.length === 0) {
    const why = isDynamicPattern(pattern) ? 'Found zero files matching the supplied pattern' : 'File does not exist';
    throw new WorkerSystemError(`Worker was unable to load entry point "${main}": ${why}. Is the app built?`);
  }
  return found.sort().map((file) => ({ file, load: () => load(path.join(appDir, file), file, packageJson) }));
}

async function load(absolute: string, file: string, packageJson: PackageJson): Promise<void> {
  const esModule = file.endsWith('.mjs') || (!file.endsWith('.cjs') && packageJson.type === 'module');
  try {
    if (esModule) await import(pathToFileURL(absolute).href);
    else createRequire(absolute)(absolute);
  } catch (thrown) {
    if (thrown instanceof Error) {
      const message = `Worker was unable to load entry point "${file}": ${thrown.message}`;
      const wrapped = new WorkerSystemError(message, { cause: thrown });
      if (thrown.stack !== undefined) wrapped.stack = thrown.stack;
      throw wrapped;
    }
    throw new WorkerSystemError(`Worker was unable to load entry point "${file}": ${String(thrown)}`, {
      cause: thrown,
    });
  }
}
