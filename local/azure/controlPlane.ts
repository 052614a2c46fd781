import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import type { CertificateFiles } from '../tls/certificates.js';
import { makeIdentities, type Identity } from './access/identities.js';
import { LongRunning } from './arm/longRunning.js';
import { systemClock, type Clock } from './clock.js';
import { makeSigningKey, readSigningKey } from './entra/signingKey.js';
import { Broker } from './eventgrid/broker.js';
import { reviveEventGridState, storedEventGridState } from './eventgrid/eventGridState.js';
import { listen } from './http/listener.js';
import { ExpiryWatch } from './keyvault/expiryWatch.js';
import { reviveVaultState, storedVaultState } from './keyvault/vaultState.js';
import type { Plane, Settings } from './plane.js';
import { seedArmState, seedEventGridState } from './seed.js';
import { reviveArmState, storedArmState } from './state/armState.js';
import { readJson, Snapshot, writeJson } from './state/snapshot.js';
import { makeAnswer } from './services.js';
import { describeWorld, writeWorld, type World } from './world.js';

export const DEFAULT_SETTINGS: Settings = {
  edgeHost: 'localhost:8000',
  clientsPerConnectedRegistry: 50,
  permissionsPerScopeMap: 500,
  tokensPerRegistry: 20_000,
  replicationSeconds: 60,
  asynchronousWrites: 'recorded',
  operationMilliseconds: 60,
  recoverableDays: 90,
  purgeProtection: false,
  throttling: 1,
};

export interface ControlPlaneOptions {
  /** 0 takes a free one. */
  port: number;
  directory: string;
  tls: CertificateFiles;
  settings?: Partial<Settings>;
  clock?: Clock;
  /** Begins with an empty data folder. */
  reset?: boolean;
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
 * Starts the stand-in for Entra ID, Azure Resource Manager, Key Vault and Event Grid on one https origin.
 *
 * @throws EADDRINUSE when the port is taken, and when the data folder is of another version.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { directory } = options;
  const log = options.log ?? (() => undefined);
  const file = (name: string): string => join(directory, name);
  if (options.reset) await removeData(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });

  const settings: Settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const clock = options.clock ?? systemClock;
  const { identities, signingKey } = await readKeys(file('keys.json'));
  const storedEvents = await readJson(file('eventgrid.json'));
  const events = storedEvents === undefined ? seedEventGridState() : reviveEventGridState(storedEvents);
  const storedArm = await readJson(file('arm.json'));
  const arm =
    storedArm === undefined
      ? seedArmState(identities, events.topics, settings.edgeHost, clock.now())
      : reviveArmState(storedArm);
  const vault = reviveVaultState(await readJson(file('vault.json')));

  const warn = (message: string): void => log('error', { message });
  const armFile = new Snapshot(file('arm.json'), () => storedArmState(arm), warn);
  const vaultFile = new Snapshot(file('vault.json'), () => storedVaultState(vault), warn);
  const eventFile = new Snapshot(file('eventgrid.json'), () => storedEventGridState(events), warn);
  const broker = new Broker({
    state: events,
    file: eventFile,
    clock,
    deadLetterFile: file('dead-letters.ndjson'),
    log,
  });

  let baseUrl = '';
  const plane: Plane = {
    get baseUrl() {
      return baseUrl;
    },
    clock,
    settings,
    identities,
    signingKey: await readSigningKey(signingKey),
    arm,
    armFile,
    vault,
    vaultFile,
    secretsChanged: () => expiry.look(),
    operations: new LongRunning(() => settings.operationMilliseconds),
    broker,
    log: (event, fields = {}) => log(event, fields),
  };

  const expiry = new ExpiryWatch(plane);
  const answer = makeAnswer(plane);
  const tls = { cert: await readFile(options.tls.certFile, 'utf8'), key: await readFile(options.tls.keyFile, 'utf8') };
  const listener = await listen(tls, options.port, answer);
  baseUrl = `https://localhost:${listener.port}`;
  moveEdge(plane, storedArm === undefined ? undefined : options.settings?.edgeHost);
  for (const snapshot of [armFile, vaultFile, eventFile]) snapshot.changed();
  await Promise.all([armFile.flush(), vaultFile.flush(), eventFile.flush()]);
  await writeWorld(plane, directory);
  broker.start();
  expiry.look();

  return {
    url: baseUrl,
    world: describeWorld(plane),
    plane,
    async close() {
      await listener.close();
      expiry.close();
      await broker.close();
      await Promise.all([armFile.flush(), vaultFile.flush(), eventFile.flush()]);
    },
  };
}

/** Private keys and secrets that are not the vault's, in a file of their own. */
async function readKeys(path: string): Promise<{ identities: Identity[]; signingKey: JWK }> {
  const stored = (await readJson(path)) as { identities: Identity[]; signingKey: JWK } | undefined;
  if (stored) return stored;
  const made = { identities: makeIdentities(), signingKey: await makeSigningKey() };
  await writeJson(path, made);
  return made;
}

/** The edge may have another port after a restart: its login server follows. */
function moveEdge(plane: Plane, edgeHost: string | undefined): void {
  const { registry, connectedRegistry } = describeWorld(plane);
  const connected = plane.arm.registries.get(registry)?.connectedRegistries.get(connectedRegistry);
  if (connected && edgeHost !== undefined) connected.loginServerHost = edgeHost;
}

async function removeData(directory: string): Promise<void> {
  const names = ['arm.json', 'vault.json', 'eventgrid.json', 'keys.json', 'world.json', 'dead-letters.ndjson'];
  for (const name of names) await rm(join(directory, name), { force: true });
}
