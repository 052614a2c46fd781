import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { DEPLOYED_BODY_LIMIT } from '@connected-registry/protocol/requests/deployedBodyLimit';
import { registryId, vaultId, type World } from './world.js';

/**
 * Variables that a child process inherits. No AZURE_* variable and no proxy: either would make an SDK use other
 * services than the simulators.
 */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'LC_ALL', 'TZ'];

/** The audience of tokens for the app's own API; the simulated Entra ID issues them. */
export const APP_AUDIENCE = 'api://onboarding-local';

/** Addresses and folders, once the ports are chosen. */
export interface Places {
  azureUrl: string;
  functionsUrl: string;
  edgeHost: string;
  clockUrl: string;
  /** True if the processes follow a clock other than the machine's; see packages/clock/src/preload.ts. */
  followClock?: boolean;
  caFile: string;
  /** Port of the hub's MQTT endpoint; default: a free one at every start. */
  hubPort?: number;
  /** Ports of the vaults beside the first. */
  vaultPorts?: readonly number[];
}

/** Variables of every child process. */
export function commonEnvironment(places: Pick<Places, 'clockUrl' | 'caFile' | 'followClock'>): NodeJS.ProcessEnv {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    NODE_EXTRA_CA_CERTS: places.caFile,
    LOCAL_CLOCK_URL: places.clockUrl,
    ...(places.followClock === true
      ? { NODE_OPTIONS: `--import ${pathToFileURL(compiled('clock/preload.js')).href}` }
      : {}),
  };
}

/**
 * The app's settings as in a deployment, with the simulators' addresses. Pauses are short, because the connected
 * registry here syncs every `syncSeconds` instead of on its schedule in ARM.
 */
export function appEnvironment(
  world: World,
  places: Places,
  reportKeys: string,
  syncSeconds: number,
): NodeJS.ProcessEnv {
  return {
    REGISTRIES: registryId(world),
    ARM_ENDPOINT: places.azureUrl,
    ...identityEnvironment(world, places, 'app'),
    CREDENTIAL_KIND: 'clientSecret',
    KEY_VAULT_URL: places.azureUrl,
    KEY_VAULT_RESOURCE_ID: vaultId(world),
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    SIGNAL_TOPIC_ENDPOINT: world.topics.signals.endpoint,
    REPORT_KEYS: reportKeys,
    IOT_HUBS: `${world.iotHub.name}=${world.iotHub.url}`,
    POLL_AUDIENCE: APP_AUDIENCE,
    // Publishers here are on this machine: events may be about any client, also without profiles.
    REQUEST_EVENTS: 'onboard,offboard,revoke',
    CLIENTS_PER_CONNECTED_REGISTRY: '50',
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(DEPLOYED_BODY_LIMIT),
    RETRY_FIRST_SECONDS: '1',
    PULL_CHECK_RETRY_SECONDS: String(Math.ceil(syncSeconds)),
  };
}

/**
 * Variables that an app on another host needs, in addition to what such a host sets.
 *
 * @param settings override or add settings of the app
 */
export function externalAppEnvironment(
  world: World,
  places: Places,
  reportKeys: string,
  syncSeconds: number,
  settings: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  return {
    NODE_EXTRA_CA_CERTS: places.caFile,
    ...appEnvironment(world, places, reportKeys, syncSeconds),
    ...settings,
  };
}

/** Settings of the device agent, which reads secrets with its own identity. */
export function deviceEnvironment(world: World, places: Places): NodeJS.ProcessEnv {
  return {
    KEY_VAULT_URL: places.azureUrl,
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    REPORT_URL: places.functionsUrl,
    ...identityEnvironment(world, places, 'device'),
    INSECURE_REGISTRIES: places.edgeHost,
  };
}

/**
 * All variables of a device agent that is started by hand.
 *
 * @param port that it listens on; 0 takes a free one
 */
export function externalAgentEnvironment(world: World, places: Places, port: number): Record<string, string> {
  return given({
    ...handEnvironment(places),
    ...deviceEnvironment(world, places),
    // For --channel poll.
    POLL_AUDIENCE: APP_AUDIENCE,
    PORT: String(port),
  });
}

/**
 * All variables of a device agent that joins, or has joined: no identity in Entra, and no vault.
 *
 * @param folder of the device, an existing one: its keys and its docker configuration are in there
 */
export function joinedAgentEnvironment(places: Places, folder: string): Record<string, string> {
  return given({
    ...handEnvironment(places),
    CHANNEL: 'joined',
    JOIN_FOLDER: join(folder, 'keys'),
    DOCKER_CONFIG_FILE: join(folder, 'config.json'),
    INSECURE_REGISTRIES: places.edgeHost,
    PORT: '0',
  });
}

/**
 * The variables of the agent of a device of a hub that gets everything sealed to its own keys, except those of its hub.
 *
 * @param folder of the device: its keys and its docker configuration are in there
 */
export function hubAgentEnvironment(places: Places, folder: string): Record<string, string> {
  const { CHANNEL: _channel, ...environment } = joinedAgentEnvironment(places, folder);
  return { ...environment, IOTHUB_SEALED: 'true' };
}

/** What a process that is started by hand needs besides its settings. */
function handEnvironment(places: Places): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS, LOCAL_CLOCK_URL, NODE_OPTIONS } = commonEnvironment(places);
  return { NODE_EXTRA_CA_CERTS, ...(places.followClock === true ? { LOCAL_CLOCK_URL, NODE_OPTIONS } : {}) };
}

function given(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function identityEnvironment(world: World, places: Places, who: 'app' | 'device'): NodeJS.ProcessEnv {
  return {
    AZURE_TENANT_ID: world.tenantId,
    AZURE_CLIENT_ID: world.identities[who].clientId,
    AZURE_CLIENT_SECRET: world.identities[who].clientSecret,
    AZURE_AUTHORITY_HOST: places.azureUrl,
    DISABLE_INSTANCE_DISCOVERY: 'true',
  };
}
