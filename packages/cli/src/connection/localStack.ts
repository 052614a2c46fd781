import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { usageError } from '../program/commandError.js';
import type { Place } from './place.js';

/** What `npm run local` writes about itself, as far as it is needed here. */
const endpoints = z.object({
  functions: z.object({ url: z.string(), key: z.string() }),
  azure: z.object({ registry: z.string() }),
  edge: z.object({ connectedRegistry: z.string() }),
});

const FILE = join('.local', 'endpoints.json');

/**
 * Finds a running local stack: by `CRCTL_LOCAL`, the data folder of `npm run local -- --data`, else in this folder or
 * one above it.
 */
export function findLocalStack(cwd: string, dataFolder: string | undefined): Place {
  const path = dataFolder ? join(dataFolder, 'endpoints.json') : nearest(cwd);
  if (path === undefined || !existsSync(path))
    throw usageError(
      `No local stack runs here: ${path ?? FILE} does not exist.`,
      'Start one with `npm run local`; CRCTL_LOCAL names its data folder if you chose another with --data.',
    );
  const { functions, azure, edge } = readEndpoints(path);
  return {
    url: functions.url,
    auth: { kind: 'key', from: { kind: 'localStack', path } },
    registry: azure.registry,
    connectedRegistry: edge.connectedRegistry,
  };
}

/** The key of the app that a running local stack serves. */
export function localKey(path: string): string {
  return readEndpoints(path).functions.key;
}

function readEndpoints(path: string): z.infer<typeof endpoints> {
  try {
    return endpoints.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw usageError(`${path} is not a file of \`npm run local\`.`);
  }
}

function nearest(folder: string): string | undefined {
  const path = join(folder, FILE);
  if (existsSync(path)) return path;
  const above = dirname(folder);
  return above === folder ? undefined : nearest(above);
}
