import { pathToFileURL } from 'node:url';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { registryId, type World } from './world.js';

/**
 * What a child gets of this process's environment. No AZURE_* variable and no proxy: either would make an SDK talk to
 * somebody else than the stand-ins.
 */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'LC_ALL', 'TZ'];

/** What tokens for the app's own API are for; the simulator's Entra issues them. */
export const APP_AUDIENCE = 'api://onboarding-local';

/** Where things are, once their ports are chosen. */
export interface Places {
  azureUrl: string;
  functionsUrl: string;
  edgeHost: string;
  clockUrl: string;
  /** Whether the processes follow the clock, which is not the machine's; see packages/clock/src/preload.ts. */
  followClock?: boolean;
  caFile: string;
  /** Port of the hub's MQTT endpoint; without one a free one is taken at every start. */
  hubPort?: number;
}

/** The part that every child gets. */
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
 * The app's settings, as a deployment would have them, with the stand-ins' addresses; pauses are short, since the
 * connected registry here syncs every `syncSeconds` and not by the schedule that ARM tells of it.
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
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    SIGNAL_TOPIC_ENDPOINT: world.topics.signals.endpoint,
    REPORT_KEYS: reportKeys,
    IOT_HUBS: `${world.iotHub.name}=${world.iotHub.url}`,
    POLL_AUDIENCE: APP_AUDIENCE,
    // Whoever may publish here is at this machine: events may ask for any client, without profiles too.
    REQUEST_EVENTS: 'onboard,offboard,revoke',
    CLIENTS_PER_CONNECTED_REGISTRY: '50',
    RETRY_FIRST_SECONDS: '1',
    PULL_CHECK_RETRY_SECONDS: String(Math.ceil(syncSeconds)),
  };
}

/**
 * What an app on somebody else's host needs of its environment, all of it to be added to what such a host has anyway.
 *
 * @param settings override or add settings of the app.
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

/** The settings of the device agent, which reads secrets with an identity of its own. */
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
 * What a device agent that is started by hand needs of its environment, all of it.
 *
 * @param port that it listens on; 0 takes a free one.
 */
export function externalAgentEnvironment(world: World, places: Places, port: number): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS, LOCAL_CLOCK_URL, NODE_OPTIONS } = commonEnvironment(places);
  const all = {
    NODE_EXTRA_CA_CERTS,
    ...(places.followClock === true ? { LOCAL_CLOCK_URL, NODE_OPTIONS } : {}),
    ...deviceEnvironment(world, places),
    // For --channel poll.
    POLL_AUDIENCE: APP_AUDIENCE,
    PORT: String(port),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
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
