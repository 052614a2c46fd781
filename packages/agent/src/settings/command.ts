import { parseArgs } from 'node:util';
import { z } from 'zod';
import { BadSettings, allChecked, checked } from './badSettings.js';
import {
  CHANNELS,
  askingVariables,
  edgeVariables,
  hubVariables,
  pollVariables,
  readChannel,
  webhookVariables,
} from './channel.js';
import type { ChannelSettings } from './channel.js';
import { checkVariables, readCheck, vaultVariables } from './check.js';
import type { CheckSettings, SecretSource } from './check.js';
import { consumerVariables, readConsumers, secretNameOf } from './consumers.js';
import type { ConsumerSettings } from './consumers.js';
import { identityVariables } from './identity.js';
import { readJoin } from './join.js';
import type { JoinSettings } from './join.js';
import { joinedVariables } from './joined.js';
import { isLoopback, list, port, secureUrl, text } from './values.js';

/** All settings of the agent as a service. */
export interface ServiceSettings {
  port: number;
  host: string;
  clients: ReadonlySet<string> | undefined;
  channel: ChannelSettings;
  /** undefined for a device that has joined: its membership has the app's address. */
  reportUrl: string | undefined;
  concurrency: number;
  check: CheckSettings;
  consumers: ConsumerSettings;
}

export type Command =
  | { kind: 'help' }
  | { kind: 'join'; join: JoinSettings }
  | { kind: 'once'; secret: { name: string; version: string | undefined }; image: string; check: CheckSettings }
  | { kind: 'serve'; service: ServiceSettings };

const reportVariables = z.object({ REPORT_URL: secureUrl });

const serviceVariables = z.object({
  PULL_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
});

/** Each of these may be given as a flag, which then takes precedence. */
const flags = z.object({
  channel: z.enum(CHANNELS).default('webhook'),
  port: port.default(8085),
  host: text.default('127.0.0.1'),
  clients: list.refine((names) => names.length > 0, { error: 'names no client' }).optional(),
});
const FLAG_VARIABLES = { channel: 'CHANNEL', port: 'PORT', host: 'LISTEN_ADDRESS', clients: 'CLIENTS' } as const;

const onceFlags = z.object({
  secret: text.transform((item, context): string => {
    const name = secretNameOf(item);
    if (name !== undefined) return name;
    context.addIssue({ code: 'custom', message: "must be a secret's name or registry/connectedRegistry/client" });
    return z.NEVER;
  }),
  version: text.optional(),
  image: text,
});
const ONCE_VARIABLES = { secret: 'CHECK_SECRET', version: 'CHECK_VERSION', image: 'CHECK_IMAGE' } as const;

/** Flags that have a variable, and its name. */
export const VARIABLES_OF_FLAGS = { ...FLAG_VARIABLES, ...ONCE_VARIABLES } as const;

/**
 * The schema of each setting, by its variable: every variable that the agent reads, except those of IoT Edge and
 * Kubernetes.
 */
export const SETTINGS: Readonly<Record<string, z.ZodType>> = {
  ...byVariable(flags, FLAG_VARIABLES),
  ...byVariable(onceFlags, ONCE_VARIABLES),
  ...reportVariables.shape,
  ...serviceVariables.shape,
  ...vaultVariables.shape,
  ...checkVariables.shape,
  ...identityVariables.shape,
  ...consumerVariables.shape,
  ...webhookVariables.shape,
  ...pollVariables.shape,
  ...askingVariables.shape,
  ...hubVariables.shape,
  ...joinedVariables.shape,
};

/** The word that makes the agent join instead of run. */
const JOIN = 'join';

/** Settings that a device with keys of its own does not need. */
const NEVER_SEALED: readonly string[] = [vaultVariables, identityVariables, webhookVariables, pollVariables].flatMap(
  ({ shape }) => Object.keys(shape),
);

/** Settings that a device has from its membership when it has joined, or does not need. */
const FROM_MEMBERSHIP: readonly string[] = [
  'REPORT_URL',
  'CLIENTS',
  'SECRETS',
  ...NEVER_SEALED,
  ...Object.keys(hubVariables.shape),
];

/** Names of all settings as variables. */
export const VARIABLES: readonly string[] = Object.keys(SETTINGS);

function byVariable<Flag extends string>(
  { shape }: { readonly shape: Readonly<Record<Flag, z.ZodType>> },
  variables: Readonly<Record<Flag, string>>,
): Record<string, z.ZodType> {
  const names = Object.keys(variables) as Flag[];
  return Object.fromEntries(names.map((flag) => [variables[flag], shape[flag]]));
}

/** Variables that IoT Edge sets. */
export const EDGE_VARIABLES: readonly string[] = Object.keys(edgeVariables.shape);

/**
 * Parses the command line and the environment.
 * @throws BadSettings
 */
export function readCommand(args: string[], env: NodeJS.ProcessEnv): Command {
  // Deployment manifests use an empty variable for one that is not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  if (args[0] === JOIN) {
    const join = readJoin(args.slice(1), given);
    return join ? { kind: 'join', join } : { kind: 'help' };
  }
  const values = parseFlags(args);
  if (values.help === true) return { kind: 'help' };
  const kind = channelOf(values, given);
  const source = sourceOf(kind, given);
  const isJoined = source === 'joined';
  if (values.once === true) {
    const [{ secret, version, image }, check] = allChecked(
      () => either(onceFlags, ONCE_VARIABLES, values, given),
      () => readCheck(source, given),
      () => refuseConflicts(source, values, given),
    );
    return { kind: 'once', secret: { name: secret, version }, image, check };
  }
  const [{ channel, port: listenerPort, host, clients }, reportUrl, service, check, channelSettings, consumers] =
    allChecked(
      () => either(flags, FLAG_VARIABLES, values, given),
      () => (isJoined ? undefined : checked(reportVariables, given).REPORT_URL),
      () => checked(serviceVariables, given),
      () => readCheck(source, given),
      () => readChannel(kind, given),
      () => readConsumers(given),
      () => refuseConflicts(source, values, given),
    );
  if (channel === 'webhook' && !isLoopback(host) && given['WEBHOOK_KEY'] === undefined) {
    throw new BadSettings(`WEBHOOK_KEY: is required if other machines can reach the webhook (it listens on ${host})`);
  }
  return {
    kind: 'serve',
    service: {
      port: listenerPort,
      host,
      clients: clients && new Set(clients),
      channel: channelSettings,
      reportUrl,
      concurrency: service.PULL_CONCURRENCY,
      check,
      consumers: consumers(check.idleTimeout),
    },
  };
}

/** The requested channel. An invalid one is reported with its own flag; here the default is used instead. */
function channelOf(values: Record<string, unknown>, env: Record<string, unknown>): ChannelSettings['kind'] {
  const named = values['channel'] ?? env[FLAG_VARIABLES.channel];
  return CHANNELS.find((channel) => channel === named) ?? 'webhook';
}

/** Where a device on this channel gets its secrets. An invalid setting is reported with its own name. */
function sourceOf(kind: ChannelSettings['kind'], env: Record<string, unknown>): SecretSource['kind'] {
  if (kind === 'joined') return kind;
  return kind === 'iotHub' && env['IOTHUB_SEALED'] === 'true' ? 'hub' : 'vault';
}

const named = (names: readonly string[], why: string): readonly (readonly [string, string])[] =>
  names.map((name) => [name, why]);

/** Settings that do not go with a source of secrets, each with the reason. */
const CONFLICTS: Readonly<Record<SecretSource['kind'], readonly (readonly [string, string])[]>> = {
  vault: [
    ['JOIN_FOLDER', 'is for the channel joined, and for iotHub with IOTHUB_SEALED; set one of them, or remove it'],
    ['KEY_RENEWAL_DAYS', 'is for the channel joined only; set CHANNEL to joined, or remove it'],
  ],
  joined: named(
    FROM_MEMBERSHIP,
    'cannot be set with the channel joined, because the device has it from its membership or does not need it',
  ),
  hub: named(
    ['KEY_RENEWAL_DAYS', 'CLIENTS', 'SECRETS', ...NEVER_SEALED],
    'cannot be set with IOTHUB_SEALED, because the device has it from its hub or does not need it',
  ),
};

/**
 * Refuses settings that the channel cannot respect: what they say would silently not be so.
 * @throws BadSettings that names each
 */
function refuseConflicts(
  source: SecretSource['kind'],
  values: Record<string, unknown>,
  env: Record<string, unknown>,
): void {
  const given = CONFLICTS[source].filter(([name]) => env[name] !== undefined);
  const clients = CONFLICTS[source].find(([name]) => name === 'CLIENTS');
  const flagged = clients && values['clients'] !== undefined ? [['--clients', clients[1]] as const] : [];
  const unsealed = source === 'vault' && env['IOTHUB_SEALED'] === 'true' ? [UNSEALED] : [];
  const problems = [...given, ...flagged, ...unsealed];
  if (problems.length > 0) throw new BadSettings(problems.map(([name, why]) => `${name}: ${why}`).join('\n'));
}

const UNSEALED = ['IOTHUB_SEALED', 'is for the channel iotHub only; set CHANNEL to iotHub, or remove it'] as const;

/** Takes each value from its flag or else from its variable. An invalid value is reported by the name that was used. */
function either<T>(
  schema: z.ZodType<T>,
  variables: Readonly<Record<string, string>>,
  values: Record<string, unknown>,
  env: Record<string, unknown>,
): T {
  const merged = Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [name, values[name] ?? env[variable]]),
  );
  const parsed = schema.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw new BadSettings(
    parsed.error.issues
      .map(({ path, message }) => {
        const name = String(path[0]);
        const variable = variables[name];
        const given = values[name] === undefined && variable !== undefined && env[variable] !== undefined;
        return `${given ? variable : `--${name}`}: ${message}`;
      })
      .join('\n'),
  );
}

const option = { type: 'string' } as const;
const toggle = { type: 'boolean' } as const;

/** Every flag of the command line. */
export const FLAGS = {
  channel: option,
  port: option,
  host: option,
  clients: option,
  once: toggle,
  secret: option,
  version: option,
  image: option,
  help: toggle,
} as const;

function parseFlags(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS }).values;
  } catch (error) {
    throw new BadSettings(error instanceof Error ? error.message : String(error));
  }
}
