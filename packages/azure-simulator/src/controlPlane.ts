import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { realClock, type Clock } from '@connected-registry/clock/clock';
import { processClock } from '@connected-registry/clock/processClock';
import type { CertificateFiles } from './tls/certificates.js';
import { makeIdentities, makeIdentity, storedIdentity } from './access/identities.js';
import { LongRunning } from './arm/longRunning/longRunning.js';
import { operationMilliseconds } from './arm/longRunning/pace.js';
import { makeSigningKey, readSigningKey, storedSigningKey } from './entra/signingKey.js';
import { Broker } from './eventgrid/broker.js';
import { listen, type Answer } from './http/listener.js';
import type { ApiRequest } from './http/message.js';
import { Hub } from './iothub/hub.js';
import { publishConnectionEvent } from './iothub/hubEvents.js';
import { startMqttEndpoint } from './iothub/mqttEndpoint.js';
import { ExpiryWatch } from './keyvault/expiryWatch.js';
import { startFurtherVault, type FurtherVault } from './keyvault/furtherVaults.js';
import type { Plane } from './plane.js';
import { makeAnswer, makeVaultAnswer } from './services.js';
import { DEFAULT_SETTINGS, type SimulatorSettings } from './settings.js';
import { FILES, furtherVaultFile, openStores } from './state/stores.js';
import { readJson, writeJson } from './state/jsonFile.js';
import { storedObject } from './state/storedObject.js';
import { describeWorld, writeWorld, type World } from './world.js';

export interface ControlPlaneOptions {
  /** 0 takes a free port. */
  port: number;
  directory: string;
  /** Port for the devices of the IoT Hub; 0 or undefined takes a free one. */
  mqttPort?: number;
  /** A port for each vault beside the seeded one; 0 takes a free one. Default: there is one vault. */
  vaultPorts?: readonly number[];
  tls: CertificateFiles;
  settings?: Partial<SimulatorSettings>;
  clock?: Clock;
  /** Real time, for waits during which a connection is held open. */
  waitClock?: Clock;
  /** Starts with an empty data folder. */
  reset?: boolean;
  /** Wraps every answer, for observers of requests. */
  around?: (request: ApiRequest, answer: Answer) => ReturnType<Answer>;
  log?: (event: string, fields: Record<string, unknown>) => void;
}

export interface ControlPlane {
  /** `https://localhost:PORT` */
  url: string;
  world: World;
  plane: Plane;
  /** Resolves when everything is on disk and the port is free again. */
  close(): Promise<void>;
}

/**
 * Starts the simulator of Entra ID, Azure Resource Manager, Key Vault, Event Grid and IoT Hub on one https origin, with
 * an MQTT endpoint for devices.
 *
 * @throws EADDRINUSE if a port is taken; an error if the data folder is from another version
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { directory } = options;
  const log = options.log ?? (() => undefined);
  const file = (name: string): string => join(directory, name);
  if (options.reset) await removeData(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });

  const settings: SimulatorSettings = { ...DEFAULT_SETTINGS, ...options.settings };
  const clock = options.clock ?? processClock();
  const waitClock = options.waitClock ?? realClock();
  const keys = await readKeys(file('keys.json'));
  const warn = (message: string): void => log('error', { message });
  const stores = await openStores({ file, warn, identities: keys.identities, edgeHost: settings.edgeHost, clock });
  const { arm, vault, events, hub: hubState } = stores;
  const broker = new Broker({
    state: events,
    file: stores.eventFile,
    clock,
    deadLetterFile: file('dead-letters.ndjson'),
    log,
  });

  let baseUrl = '';
  const identities = [...keys.identities];
  const plane: Plane = {
    get baseUrl() {
      return baseUrl;
    },
    clock,
    waitClock,
    settings,
    identities,
    async addIdentity(name) {
      const identity = makeIdentity(name);
      identities.push(identity);
      try {
        await writeJson(file('keys.json'), { ...keys, identities });
      } catch (error) {
        identities.splice(identities.indexOf(identity), 1);
        throw error;
      }
      return identity;
    },
    async addFederatedCredential(identity, credential) {
      const before = identity.federated ?? [];
      identity.federated = [...before, credential];
      try {
        await writeJson(file('keys.json'), { ...keys, identities });
      } catch (error) {
        identity.federated = before;
        throw error;
      }
    },
    signingKey: await readSigningKey(keys.signingKey),
    arm,
    armFile: stores.armFile,
    vault,
    vaultFile: stores.vaultFile,
    hub: new Hub(hubState, {
      clock,
      waitClock,
      connectionChanged(identity, isConnected, sequence) {
        stores.hubFile.changed();
        publishConnectionEvent(plane, { identity, isConnected, sequence });
      },
    }),
    hubFile: stores.hubFile,
    commit: () => stores.commit(),
    rewrite: () => stores.rewrite(),
    secretChanged: (secret) => expiry.changed(secret),
    operations: new LongRunning({
      now: () => (settings.pace === 'azure' ? clock.now().getTime() : performance.now()),
      milliseconds: (kind) => operationMilliseconds(settings, kind),
      holdsPolls: () => settings.pace === 'quick',
    }),
    broker,
    log: (event, fields = {}) => log(event, fields),
  };

  const expiry = new ExpiryWatch(plane);
  const { around } = options;
  const observed = (plain: Answer): Answer => (around ? (request) => around(request, plain) : plain);
  const answer = observed(makeAnswer(plane));
  const vaultAnswer = (own: Plane): Answer => observed(makeVaultAnswer(own, plane));
  const tls = { cert: await readFile(options.tls.certFile, 'utf8'), key: await readFile(options.tls.keyFile, 'utf8') };
  const listener = await listen(tls, options.port, answer);
  baseUrl = `https://localhost:${listener.port}`;
  const mqtt = await startMqttEndpoint(plane, tls, options.mqttPort ?? 0).catch(async (error: unknown) => {
    await listener.close();
    throw error;
  });
  const furtherVaults: FurtherVault[] = [];
  for (const [index, port] of (options.vaultPorts ?? []).entries()) {
    const name = `${arm.vaultName}-${index + 2}`;
    const vaultFile = file(furtherVaultFile(index + 2));
    furtherVaults.push(await startFurtherVault(plane, name, { port, tls, file: vaultFile, answer: vaultAnswer }));
  }
  plane.hub.mqttPort = mqtt.port;
  moveEdge(plane, stores.isNew ? undefined : options.settings?.edgeHost);
  plane.commit();
  await writeWorld(plane, directory, furtherVaults);
  broker.start();
  expiry.look();

  return {
    url: baseUrl,
    world: describeWorld(plane, furtherVaults),
    plane,
    async close() {
      await Promise.all([listener.close(), mqtt.close(), ...furtherVaults.map((vault) => vault.close())]);
      expiry.close();
      await broker.close();
      await stores.close();
    },
  };
}

const storedKeys = storedObject({ identities: z.array(storedIdentity), signingKey: storedSigningKey });

/** Reads or creates the file with private keys and with secrets that are not in the vault. */
async function readKeys(path: string): Promise<z.infer<typeof storedKeys>> {
  const stored = await readJson(path);
  if (stored !== undefined) {
    const parsed = storedKeys.safeParse(stored);
    if (parsed.success) return parsed.data;
    throw new Error(`${path} is damaged; start with --reset to empty the data folder`, { cause: parsed.error });
  }
  const made = { identities: makeIdentities(), signingKey: await makeSigningKey() };
  await writeJson(path, made);
  return made;
}

/** Updates the login server of the edge, which may have another port after a restart. */
function moveEdge(plane: Plane, edgeHost: string | undefined): void {
  const { registry, connectedRegistry } = describeWorld(plane);
  const connectedRegistries = plane.arm.registries.get(registry)?.connectedRegistries;
  const connected = connectedRegistries?.get(connectedRegistry);
  if (!connected || edgeHost === undefined || connected.loginServerHost === edgeHost) return;
  connectedRegistries?.set({ ...connected, loginServerHost: edgeHost });
}

async function removeData(directory: string): Promise<void> {
  for (const name of FILES) await rm(join(directory, name), { force: true });
}
