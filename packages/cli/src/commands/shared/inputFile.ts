import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { usageError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { withFile } from '../../program/fileError.js';
import type { World } from '../../program/world.js';

/** What a file holds: rows of CSV as they are, or a value from JSON or YAML. */
export type InputFile =
  { readonly kind: 'csv'; readonly bytes: Uint8Array } | { readonly kind: 'value'; readonly value: unknown };

/**
 * Reads a file by its ending: `.csv`, `.json`, `.yaml` or `.yml`; `-` is stdin, which is JSON or YAML.
 * @throws {CommandError} if it cannot be read
 */
export async function readInput(name: string, world: World): Promise<InputFile> {
  const ending = name === '-' ? '.yaml' : extname(name).toLowerCase();
  if (!['.csv', '.json', '.yaml', '.yml'].includes(ending))
    throw usageError(
      `${name} is neither .csv nor .json nor .yaml.`,
      'The name must end in one of these; - reads JSON or YAML from stdin.',
    );
  const bytes = name === '-' ? await buffer(world.stdin) : readBytes(resolve(world.cwd, name), name);
  if (ending === '.csv') return { kind: 'csv', bytes };
  return { kind: 'value', value: await parseText(bytes, name) };
}

/** YAML 1.2 contains JSON. */
async function parseText(bytes: Uint8Array, name: string): Promise<unknown> {
  const { yamlSource } = await import('../../fleet/file/yamlSource.js');
  return yamlSource(bytes, name === '-' ? 'stdin' : name).value;
}

function readBytes(path: string, name: string): Uint8Array {
  return withFile(EXIT.usage, `${name} cannot be read`, () => readFileSync(path));
}

/** The fields of a request from a file. @throws {CommandError} if the file holds no object */
export async function readFields(name: string, world: World): Promise<Readonly<Record<string, unknown>>> {
  const input = await readInput(name, world);
  if (input.kind === 'csv') throw usageError(`${name} is CSV, which this command does not take.`);
  const { value } = input;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usageError(`${name} does not hold an object with the fields of a request.`);
  return value as Readonly<Record<string, unknown>>;
}
