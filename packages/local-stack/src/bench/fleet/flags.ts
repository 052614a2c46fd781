import { MAX_ROLLOUT_ROWS } from '@connected-registry/protocol/requests/rolloutRequest';
import { FlagError } from '../../stack/flagError.js';
import { appSettings } from '../../stack/settingFlags.js';
import { wholeNumber, type BenchFlags } from '../benchFlags.js';
import type { FleetSize } from './floor.js';

export const HELP = `npm run bench:fleet -- [flags]

Onboards a fleet of new clients on new connected registries, all requested at once, with ARM's published limits in the
simulator. Every device reports a pull as soon as it is asked. Prints one table: seconds, the floor that ARM's rates
set, and requests for each client.

  --clients N             clients, at most 50 for each connected registry (default 100)
  --registries M          connected registries (default: one for every 50 clients)
  --container-registries R  container registries that have them, all in one subscription (default: one for every 50)
  --identities K          identities of the app, whose limits add up (default 1)
  --rollout               requests all clients as one rollout (at most 10,000), in place of single requests
  --joined                devices without an identity in Entra: they join first, which is timed on its own, then ask for their
                          messages by signed requests, and open what is sealed to them
  --slower N              ARM's limits are divided by N, 1 to 10, so that they decide and not the machine (default 1)
  --host functions        the app runs on Microsoft's own host, which FUNCTIONS_HOST names (default: the local host)
  --clock MODE            real (default); jumping: pauses in which nothing happens are skipped; or standing: that, and
                          work takes no time, so that the result does not depend on the machine
  --azure-pace            writes of ARM take as long as recorded with Azure (default: a moment)
  --no-throttle           ARM and Key Vault refuse nothing; then there is no floor
  --set NAME=VALUE        a setting of the app, as often as needed
  --without-budget        measures the same fleet once more beside it, with an app that sends each request at once and repeats
                          what ARM refuses after Retry-After
  --az                    adds Microsoft's quickstart by the real Azure CLI: ten devices are measured, more by arithmetic
  --keep DIR              keeps state and logs in this folder (default: a temporary one, which is removed)
  --json                  prints the measurements as JSON after the table
  --strict                exit code 1 when a goal is not met

Exit code 3 if the Azure CLI or the host that was asked for is not there.
`;

export const OPTIONS = {
  clients: { type: 'string', default: '100' },
  registries: { type: 'string' },
  'container-registries': { type: 'string' },
  identities: { type: 'string', default: '1' },
  rollout: { type: 'boolean', default: false },
  joined: { type: 'boolean', default: false },
  slower: { type: 'string', default: '1' },
  host: { type: 'string', default: 'local' },
  clock: { type: 'string', default: 'real' },
  'azure-pace': { type: 'boolean', default: false },
  'no-throttle': { type: 'boolean', default: false },
  set: { type: 'string', multiple: true, default: [] as string[] },
  'without-budget': { type: 'boolean', default: false },
  az: { type: 'boolean', default: false },
  keep: { type: 'string' },
} as const;

/** What is measured, and on what. */
export interface FleetPlan extends FleetSize {
  readonly identities: number;
  /** Requests all clients as one rollout. */
  readonly isRollout: boolean;
  /** The devices have joined; else Event Grid delivers their messages. */
  readonly isJoined: boolean;
  /** Divisor of ARM's published limits. */
  readonly slower: number;
  readonly host: 'local' | 'functions';
  readonly clock: 'real' | 'jumping' | 'standing';
  readonly isPaced: boolean;
  readonly isThrottled: boolean;
  /** Settings of the app. */
  readonly settings: Readonly<Record<string, string>>;
  /** Measures the same fleet again without the app's budget. */
  readonly isComparedWithoutBudget: boolean;
  readonly isComparedWithAz: boolean;
  /** Folder for state and logs; undefined for a temporary one. */
  readonly keep: string | undefined;
}

/** Clients that a connected registry takes (Azure docs: intro-connected-registry, limits). */
const CLIENTS_EACH = 50;
/** Connected registries of a container registry if the flag does not say. */
const EDGES_EACH = 50;

/** Reads the flags. @throws {FlagError} for an invalid value */
export function fleetPlan(flags: BenchFlags<typeof OPTIONS>): FleetPlan {
  const clients = wholeNumber('clients', flags.clients, 1, 20_000);
  if (flags.rollout && clients > MAX_ROLLOUT_ROWS)
    throw new FlagError(`--rollout takes at most ${MAX_ROLLOUT_ROWS} clients.`);
  const connectedRegistries = wholeNumber(
    'registries',
    flags.registries ?? String(Math.ceil(clients / CLIENTS_EACH)),
    1,
    1000,
  );
  if (clients > CLIENTS_EACH * connectedRegistries)
    throw new FlagError(
      `--registries must be at least ${Math.ceil(clients / CLIENTS_EACH)}: a connected registry takes ${CLIENTS_EACH} clients.`,
    );
  const registries = wholeNumber(
    'container-registries',
    flags['container-registries'] ?? String(Math.ceil(connectedRegistries / EDGES_EACH)),
    1,
    connectedRegistries,
  );
  const host = oneOf('host', flags.host, ['local', 'functions']);
  const clock = oneOf('clock', flags.clock, ['real', 'jumping', 'standing']);
  if (host === 'functions' && clock !== 'real')
    throw new FlagError(`--clock ${clock} goes without --host functions: that host lives in the machine's time.`);
  if (flags.joined && clock !== 'real')
    throw new FlagError(
      `--joined goes with --clock real only: requests that wait for messages keep a clock from jumping.`,
    );
  if (flags['without-budget'] && (host === 'functions' || flags['no-throttle']))
    throw new FlagError('--without-budget goes with the local host and with throttling only.');
  return {
    clients,
    connectedRegistries,
    registries,
    identities: wholeNumber('identities', flags.identities, 1, 15),
    isRollout: flags.rollout,
    isJoined: flags.joined,
    // The app's settings are whole numbers, and ten writes a second is the lowest limit.
    slower: wholeNumber('slower', flags.slower, 1, 10),
    host,
    clock,
    isPaced: flags['azure-pace'],
    isThrottled: !flags['no-throttle'],
    settings: appSettings(flags.set, undefined),
    isComparedWithoutBudget: flags['without-budget'],
    isComparedWithAz: flags.az,
    keep: flags.keep,
  };
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw new FlagError(`--${name} must be one of ${allowed.join(', ')}, not '${text}'.`);
  return found;
}
