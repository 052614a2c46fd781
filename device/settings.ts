import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ownPlatform, parsePlatform } from './registry/platform.js';
import type { Platform } from './registry/platform.js';
import type { VaultSettings } from './secrets/vault.js';

export const USAGE = `Usage: node dist/device/main.js [options]
       node dist/device/main.js --once --secret NAME --version VERSION --image REPOSITORY:TAG

Proves near a device that its registry credential works: reads it from Key Vault, pulls, verifies, reports.

  --port N            port of the webhook (default 8085; 0 takes a free one)
  --host ADDRESS      address to listen on (default 127.0.0.1)
  --clients A,B       answer for these clients only (default: every client)
  --once              one check from the command line; prints its result as JSON, exit code 0 if pulled, else 1
  --secret, --version, --image   what --once checks
  --help              print this

Settings come from the environment: KEY_VAULT_URL, REPORT_URL, AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET,
AZURE_AUTHORITY_HOST, DISABLE_INSTANCE_DISCOVERY, CREDENTIAL_KIND, KEY_VAULT_VERIFY_CHALLENGE, INSECURE_REGISTRIES,
WEBHOOK_KEY, PLATFORM, PULL_CONCURRENCY, CHECK_TIMEOUT_SECONDS, IDLE_TIMEOUT_SECONDS, NODE_EXTRA_CA_CERTS.
device/README.md says what each means.
`;

/** A flag or variable that is missing or wrong; the message names it and repeats no value. */
export class BadSettings extends Error {
  override name = 'BadSettings';
}

/** What the agent needs for a check, however it was asked for. */
export interface CheckSettings {
  vault: VaultSettings;
  insecureRegistries: ReadonlySet<string>;
  platform: Platform;
  /** Milliseconds. */
  idleTimeout: number;
  /** Milliseconds. */
  checkTimeout: number;
}

export interface ServiceSettings {
  port: number;
  host: string;
  clients: ReadonlySet<string> | undefined;
  webhookKey: string | undefined;
  reportUrl: string;
  concurrency: number;
}

export type Command =
  | { kind: 'help' }
  | { kind: 'once'; secret: { name: string; version: string }; image: string; check: CheckSettings }
  | { kind: 'serve'; service: ServiceSettings; check: CheckSettings };

const text = z.string().min(1);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);
const baseUrl = (protocol: RegExp) => z.url({ protocol }).transform((url) => url.replace(/\/+$/, ''));
/** A report key over plain http could be read on the way: only a report that stays on this machine goes so. */
const reportUrl = baseUrl(/^https?$/).refine(
  (url) => url.startsWith('https:') || ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname),
  { error: 'must be https, except to this machine' },
);
const hosts = list
  .refine((items) => items.every((item) => URL.canParse(`http://${item}/`)), { error: 'must be a list of host:port' })
  .transform((items): ReadonlySet<string> => new Set(items.map((item) => new URL(`http://${item}/`).host)));
const seconds = z.coerce.number().positive().max(86_400);

const identity = z
  .object({
    CREDENTIAL_KIND: z.enum(['managedIdentity', 'clientSecret']).optional(),
    AZURE_TENANT_ID: text.optional(),
    AZURE_CLIENT_ID: text.optional(),
    AZURE_CLIENT_SECRET: text.optional(),
    AZURE_AUTHORITY_HOST: baseUrl(/^https$/).optional(),
    DISABLE_INSTANCE_DISCOVERY: flag.default(false),
  })
  .transform((env, context): VaultSettings['identity'] => {
    const kind = env.CREDENTIAL_KIND ?? (env.AZURE_CLIENT_SECRET === undefined ? 'managedIdentity' : 'clientSecret');
    if (kind === 'managedIdentity') return { kind, clientId: env.AZURE_CLIENT_ID };
    const needed = ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'] as const;
    for (const name of needed.filter((name) => env[name] === undefined)) {
      context.addIssue({ code: 'custom', path: [name], message: 'is needed with a client secret' });
    }
    return {
      kind,
      tenantId: env.AZURE_TENANT_ID ?? '',
      clientId: env.AZURE_CLIENT_ID ?? '',
      clientSecret: env.AZURE_CLIENT_SECRET ?? '',
      authorityHost: env.AZURE_AUTHORITY_HOST,
      disableInstanceDiscovery: env.DISABLE_INSTANCE_DISCOVERY,
    };
  });
const checkEnvironment = z.object({
  KEY_VAULT_URL: baseUrl(/^https$/),
  KEY_VAULT_VERIFY_CHALLENGE: flag.default(true),
  INSECURE_REGISTRIES: hosts.default(new Set<string>()),
  PLATFORM: z
    .string()
    .optional()
    .transform((value) => (value === undefined ? ownPlatform() : parsePlatform(value)))
    .refine((value) => value !== undefined, { error: 'must be os/architecture[/variant]' }),
  IDLE_TIMEOUT_SECONDS: seconds.default(30),
  CHECK_TIMEOUT_SECONDS: seconds.default(600),
});
const serviceEnvironment = z.object({
  REPORT_URL: reportUrl,
  WEBHOOK_KEY: z.string().min(16).optional(),
  PULL_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
});
const flags = z.object({
  port: z.coerce.number().int().min(0).max(65_535).default(8085),
  host: text.default('127.0.0.1'),
  clients: list.refine((names) => names.length > 0, { error: 'names no client' }).optional(),
});
const onceFlags = z.object({ secret: text, version: text, image: text });

/** Reads the command line and the environment. Throws {@link BadSettings}. */
export function readCommand(args: string[], env: NodeJS.ProcessEnv): Command {
  const values = parseFlags(args);
  if (values.help === true) return { kind: 'help' };
  // An empty variable is how deployment manifests leave one out.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  if (values.once === true) {
    const { secret, version, image } = check(onceFlags, values, '--');
    return { kind: 'once', secret: { name: secret, version }, image, check: readCheck(given) };
  }
  const { port, host, clients } = check(flags, values, '--');
  const service = check(serviceEnvironment, given, '');
  return {
    kind: 'serve',
    check: readCheck(given),
    service: {
      port,
      host,
      clients: clients && new Set(clients),
      webhookKey: service.WEBHOOK_KEY,
      reportUrl: service.REPORT_URL,
      concurrency: service.PULL_CONCURRENCY,
    },
  };
}

function readCheck(env: Record<string, unknown>): CheckSettings {
  const given = check(checkEnvironment, env, '');
  return {
    vault: {
      url: given.KEY_VAULT_URL,
      verifyChallenge: given.KEY_VAULT_VERIFY_CHALLENGE,
      identity: check(identity, env, ''),
    },
    insecureRegistries: given.INSECURE_REGISTRIES,
    platform: given.PLATFORM,
    idleTimeout: given.IDLE_TIMEOUT_SECONDS * 1000,
    checkTimeout: given.CHECK_TIMEOUT_SECONDS * 1000,
  };
}

function parseFlags(args: string[]) {
  const option = { type: 'string' } as const;
  const toggle = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      options: {
        port: option,
        host: option,
        clients: option,
        once: toggle,
        secret: option,
        version: option,
        image: option,
        help: toggle,
      },
    }).values;
  } catch (error) {
    throw new BadSettings(error instanceof Error ? error.message : String(error));
  }
}

function check<T>(schema: z.ZodType<T>, values: unknown, prefix: string): T {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new BadSettings(
    parsed.error.issues.map((issue) => `${prefix}${issue.path.join('.')}: ${issue.message}`).join('\n'),
  );
}
