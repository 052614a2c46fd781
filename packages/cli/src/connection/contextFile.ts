import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { usageError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import { withFile } from '../program/fileError.js';
import type { World } from '../program/world.js';
import type { Place } from './place.js';

const keySource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('environment') }),
  z.strictObject({ kind: z.literal('file'), path: z.string() }),
  z.strictObject({ kind: z.literal('store'), name: z.string() }),
  z.strictObject({ kind: z.literal('localStack'), path: z.string() }),
]);

const place = z.strictObject({
  url: z.string(),
  auth: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('key'), from: keySource }),
    z.strictObject({ kind: z.literal('entra'), scope: z.string() }),
  ]),
  registry: z.string().optional(),
  connectedRegistry: z.string().optional(),
}) satisfies z.ZodType<Place>;

/** A name of a context: it becomes part of lines that a person types. */
export const CONTEXT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const content = z.strictObject({
  version: z.literal(1),
  current: z.string().optional(),
  contexts: z.record(z.string().regex(CONTEXT_NAME), place),
});
export type Contexts = z.infer<typeof content>;

type Where = Pick<World, 'env' | 'home' | 'platform'>;

/** Where contexts are kept: `CRCTL_CONFIG`, or the folder that the system has for it. */
export function contextFile({ env, home, platform }: Where): string {
  if (env['CRCTL_CONFIG']) return env['CRCTL_CONFIG'];
  const base = env['XDG_CONFIG_HOME'] || (platform === 'win32' && env['APPDATA']) || join(home, '.config');
  return join(base, 'crctl', 'contexts.json');
}

/** @throws {CommandError} if the file is there and is not one of ours */
export function readContexts(where: Where): Contexts {
  const file = contextFile(where);
  if (!existsSync(file)) return { version: 1, contexts: {} };
  try {
    return content.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw usageError(`${file} cannot be read as contexts of crctl.`, 'Correct it, or remove it and log in again.');
  }
}

/** Replaces the file as a whole, so that a killed process leaves the old or the new one. */
export function writeContexts(where: Where, contexts: Contexts): void {
  const file = contextFile(where);
  const temporary = `${file}.${process.pid}`;
  withFile(EXIT.failed, `The contexts cannot be written to ${file}`, () => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(temporary, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600 });
      chmodSync(temporary, 0o600);
      renameSync(temporary, file);
    } finally {
      rmSync(temporary, { force: true });
    }
  });
}
