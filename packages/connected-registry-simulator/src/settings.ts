import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Upstream } from './sync/source.js';

export const USAGE = `Usage: node packages/connected-registry-simulator/dist/main.js (--control-plane URL | --parent URL) [options]

Simulates a connected registry: syncs from the local control plane or from a parent connected registry, serves
pulls, and pushes in ReadWrite mode, over plain http.

  --port N                      port on 127.0.0.1 (default 8000; 0 takes a free one)
  --data DIR                    folder for synced and pushed content (default .local/edge)
  --control-plane URL           base address of the control plane
  --parent URL                  base address of the parent connected registry, for a nested one
  --registry NAME               cloud registry (default myregistry)
  --connected-registry NAME     this connected registry (default myconnectedregistry)
  --sync-seconds N              sync every N seconds (default: the connected registry's own schedule)
  --help                        print this help

Test controls are under /_control/: GET state, POST offline {"offline": true}, POST resync, PUT status.

Environment: SYNC_TOKEN_NAME, SYNC_TOKEN_PASSWORD (the sync token's credentials),
NODE_EXTRA_CA_CERTS (the control plane's CA).
`;

export interface EdgeSettings {
  port: number;
  /** The folder for synced and pushed content. */
  directory: string;
  /** Undefined: the connected registry's own schedule. */
  syncSeconds: number | undefined;
  upstream: Upstream;
}

/** A flag or variable is missing or invalid. The message names it. */
export class BadSettings extends Error {
  override name = 'BadSettings';
}

const baseUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
const flags = z.object({
  port: z.coerce.number().int().min(0).max(65_535).default(8000),
  data: z.string().min(1).default(join('.local', 'edge')),
  'control-plane': baseUrl.optional(),
  parent: baseUrl.optional(),
  registry: z.string().min(1).default('myregistry'),
  'connected-registry': z.string().min(1).default('myconnectedregistry'),
  'sync-seconds': z.coerce.number().positive().max(86_400).optional(),
});
const environment = z.object({ SYNC_TOKEN_NAME: z.string().min(1), SYNC_TOKEN_PASSWORD: z.string().min(1) });

/**
 * Parses the command line and the environment; `help` if it was requested.
 * @throws BadSettings
 */
export function readSettings(args: string[], env: NodeJS.ProcessEnv): EdgeSettings | 'help' {
  const values = parseFlags(args);
  if (values['help'] === true) return 'help';
  const given = check(flags, values, '--');
  const urls = [given['control-plane'], given.parent].filter((url) => url !== undefined);
  const [url] = urls;
  if (url === undefined || urls.length > 1)
    throw new BadSettings('exactly one of --control-plane and --parent is required');
  const { SYNC_TOKEN_NAME, SYNC_TOKEN_PASSWORD } = check(environment, env, '');
  return {
    port: given.port,
    directory: given.data,
    syncSeconds: given['sync-seconds'],
    upstream: {
      url,
      registry: given.registry,
      connectedRegistry: given['connected-registry'],
      syncToken: { name: SYNC_TOKEN_NAME, password: SYNC_TOKEN_PASSWORD },
    },
  };
}

function parseFlags(args: string[]): Record<string, string | boolean | undefined> {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      options: {
        port: text,
        data: text,
        'control-plane': text,
        parent: text,
        registry: text,
        'connected-registry': text,
        'sync-seconds': text,
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new BadSettings(error instanceof Error ? error.message : String(error));
  }
}

function check<T>(schema: z.ZodType<T>, values: unknown, prefix: string): T {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  // Only the name and the reason: a value may be a password.
  throw new BadSettings(
    parsed.error.issues.map((issue) => `${prefix}${issue.path.join('.')}: ${issue.message}`).join('\n'),
  );
}
