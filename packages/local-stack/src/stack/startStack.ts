import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { realClock } from '@connected-registry/clock/clock';
import type { ClockMode } from '@connected-registry/clock/messages';
import { LocalTime } from '@connected-registry/clock/localTime';
import { startClockServer } from '@connected-registry/clock/server';
import { TimelineClock } from '@connected-registry/clock/timelineClock';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { releaseDataFolder, reportKeys, takeDataFolder, writeAtomically } from './dataFolder.js';
import { channelEnvironment, type LocalDevice } from './localDevice.js';
import { externalAgentEnvironment, externalAppEnvironment, joinedAgentEnvironment } from './environments.js';
import { agentSubscription, connectExternalAgent } from './outside/externalAgent.js';
import { environmentFile } from './environmentFile.js';
import { connectExternalHost, appSubscriptions, readHostKeys, type ExternalHost } from './functionsHost.js';
import { httpsJson } from './httpsJson.js';
import { Operator } from './operator/operator.js';
import { azurePlan, devicePlan, edgePlan, hostPlan, tlsFolder, type Ground, type ProcessName } from './plans.js';
import { claimPort } from './ports.js';
import { Stack, type ControlPlane } from './stack.js';
import { readWorld, type World } from './world.js';

/** What to start, and how. */
export interface StackOptions {
  dataFolder: string;
  /** Default 0: a free port. */
  ports?: Partial<Record<ProcessName, number>>;
  /** Seconds between two syncs of the connected registry. Default 1. */
  syncSeconds?: number;
  /**
   * The initial mode of the clock of all processes. In 'real', the machine's time, it cannot be changed. Default
   * 'real'.
   */
  clock?: ClockMode;
  /** In mode 'jumping', time stands still between jumps, so that times do not depend on the machine. Default false. */
  clockStands?: boolean;
  /** The app runs on a host that is started by someone else, on `ports.host`; no host is started here. */
  externalHost?: ExternalHost;
  /**
   * Whether a device agent answers pull checks, and by which channel. Default true: by its webhook. 'external': started
   * by hand.
   */
  device?: boolean | 'external' | LocalDevice;
  /** Folder of the app that the host runs; default: this project. Not for an external host. */
  app?: string;
  /** Settings of the app that differ from those of `npm run local`. */
  settings?: Readonly<Record<string, string>> | ((world: World) => Readonly<Record<string, string>>);
  /**
   * Called once the control plane serves, before anything else is started.
   * @returns further settings of the app, which override the others
   */
  prepare?: (controlPlane: ControlPlane) => Promise<Readonly<Record<string, string>>>;
  /** True if writes of ARM take as long as recorded with Azure, by the stack's clock. Default false: a moment. */
  azurePace?: boolean;
  /** Vaults beside the first, at most eight. Default none. The app uses them as `settings` say. */
  furtherVaults?: number;
  /** Removes the state of earlier runs from the data folder. */
  reset?: boolean;
  /** Called with one line about each event. */
  report?: (line: string) => void;
  /** Aborts the start; what has been started is stopped. */
  signal?: AbortSignal;
}

/** Flags that choose a port, for the message about a port in use. */
const PORT_FLAGS: Record<ProcessName, string> = {
  azure: '--azure-port',
  edge: '--edge-port',
  host: '--functions-port',
  device: '--device-port',
};

/**
 * Starts the simulators and the app on this machine, connects them, and returns once all serve: certificates, control
 * plane, then in parallel connected registry, functions host and device agent, then the Event Grid subscriptions (which
 * need their webhooks to answer the handshake), then endpoints.json. With an external host it returns before that host
 * answers; see {@link Stack.connected}.
 *
 * @throws {PortTakenError} {DataFolderError} before anything is started; otherwise the error of the failed process,
 * after everything that had been started was stopped
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const report = options.report ?? (() => undefined);
  const dataFolder = resolve(options.dataFolder);
  const ports = await claimPorts(options.ports ?? {}, options.externalHost !== undefined);
  takeDataFolder(dataFolder, options.reset ?? false);
  for (const name of ['endpoints.json', 'app.env.json', 'device.env'])
    await rm(join(dataFolder, name), { force: true });
  const mode = options.clock ?? 'real';
  const clock = await (mode === 'real'
    ? startClockServer(realClock())
    : startClockServer(new LocalTime(new TimelineClock(), mode, { standing: options.clockStands ?? false })));
  let stack: Stack | undefined;
  try {
    const { caFile } = await ensureCertificates(tlsFolder(dataFolder));
    const taken = new Set(Object.values(ports));
    const vaultPorts: number[] = [];
    for (let count = options.furtherVaults ?? 0; count > 0; count -= 1) {
      vaultPorts.push(await claimPort(0, '--vault-ports', taken));
      taken.add(vaultPorts.at(-1) ?? 0);
    }
    const places = {
      azureUrl: `https://localhost:${ports.azure}`,
      functionsUrl: `http://localhost:${ports.host}`,
      edgeHost: `localhost:${ports.edge}`,
      clockUrl: clock.url,
      followClock: mode !== 'real',
      caFile,
      hubPort: await claimPort(0, '--mqtt-port', taken),
      vaultPorts,
    };
    const outside = [options.externalHost !== undefined, options.device === 'external'] as const;
    const started = new Stack({ dataFolder, ports, places }, clock, report, ...outside);
    stack = started;
    options.signal?.addEventListener(
      'abort',
      () => void started.stop().catch((failure: unknown) => report(String(failure))),
      { once: true },
    );
    options.signal?.throwIfAborted();
    await startProcesses(stack, options, report);
    return stack;
  } catch (error) {
    // Later errors must not hide why the start failed.
    if (stack) await stack.stop().catch((failure: unknown) => report(String(failure)));
    else {
      await clock.close();
      releaseDataFolder(dataFolder);
    }
    throw error;
  }
}

async function claimPorts(
  wanted: Partial<Record<ProcessName, number>>,
  isHostExternal: boolean,
): Promise<Ground['ports']> {
  const taken = new Set<number>();
  const claim = async (name: ProcessName): Promise<number> => {
    const asked = wanted[name] ?? 0;
    // An external host may be listening already.
    const port =
      name === 'host' && isHostExternal && asked !== 0 ? asked : await claimPort(asked, PORT_FLAGS[name], taken);
    taken.add(port);
    return port;
  };
  return {
    host: await claim('host'),
    azure: await claim('azure'),
    edge: await claim('edge'),
    device: await claim('device'),
  };
}

async function startProcesses(stack: Stack, options: StackOptions, report: (line: string) => void): Promise<void> {
  const { ground } = stack;
  const { dataFolder, places } = ground;
  const syncSeconds = options.syncSeconds ?? 1;
  report(`control plane serves at ${await stack.start('azure', azurePlan(ground, options.azurePace))}`);
  const world = readWorld(join(dataFolder, 'azure'));
  const https = httpsJson(readFileSync(places.caFile, 'utf8'));
  const operator = new Operator(places.azureUrl, world, https);
  stack.controlPlane = { url: places.azureUrl, world, https, operator };

  const edge = async (): Promise<void> => {
    const syncToken = {
      name: world.connectedRegistry,
      password: await operator.generatePassword(world.connectedRegistry, 'password1'),
    };
    report(
      `connected registry serves at ${await stack.start('edge', edgePlan(ground, world, syncToken, syncSeconds))}`,
    );
  };
  const { settings: given = {} } = options;
  const own = typeof given === 'function' ? given(world) : given;
  const prepared = (await options.prepare?.(stack.controlPlane)) ?? {};
  const settings = [reportKeys(dataFolder), syncSeconds, { ...own, ...prepared }] as const;
  const { externalHost } = options;
  if (externalHost) {
    const environment = externalAppEnvironment(world, places, ...settings);
    writeAtomically(stack.appEnvironmentFile, JSON.stringify(environment, null, 2));
  }
  const startHost = (more: Readonly<Record<string, string>> = {}) => {
    const [keys, seconds, chosen] = settings;
    return stack.start('host', hostPlan(ground, world, keys, seconds, { ...chosen, ...more }, options.app));
  };
  stack.restartHost = async (more) => {
    await stack.end('host');
    report(`functions host serves again at ${await startHost(more)}`);
  };
  const host = async (): Promise<string> => {
    if (externalHost) return (externalHost.keysFile && readHostKeys(externalHost.keysFile)?.function) ?? '';
    report(`functions host serves at ${await startHost()}`);
    const keys = readHostKeys(join(dataFolder, 'host', 'keys.json'));
    if (!keys) throw new Error('The functions host serves, but its keys.json cannot be read.');
    await operator.subscribeAll(appSubscriptions(places.functionsUrl, keys, world));
    return keys.function;
  };
  const isAgentExternal = options.device === 'external';
  const agentEnvironment = externalAgentEnvironment(world, places, isAgentExternal ? ground.ports.device : 0);
  writeAtomically(stack.deviceEnvironmentFile, environmentFile(agentEnvironment));
  const joined = join(dataFolder, 'joined');
  await mkdir(joined, { recursive: true, mode: 0o700 });
  writeAtomically(stack.joinedEnvironmentFile, environmentFile(joinedAgentEnvironment(places, joined)));
  const device = async (): Promise<void> => {
    if (options.device === false || isAgentExternal) return operator.unsubscribe('signals', 'device');
    const local: LocalDevice = typeof options.device === 'object' ? options.device : {};
    const channel = await channelEnvironment(local, world, operator);
    const address = await stack.start('device', devicePlan(ground, world, { ...channel, ...local.settings }));
    report(`device agent serves at ${address}`);
    if (local.channel && local.channel.kind !== 'webhook') return operator.unsubscribe('signals', 'device');
    await operator.subscribe(agentSubscription(world, address));
  };

  stack.publish(await allOf(stack, host(), [edge(), device()]));
  // An end of the stack is the expected end of a wait for what nobody has started.
  const reported = (what: string) => (error: unknown) => {
    if (!stack.stopping.aborted) report(`${what} gets no events: ${String(error)}`);
  };
  if (isAgentExternal) connectExternalAgent(stack, report).catch(reported('the device agent'));
  if (!externalHost) return;
  stack.connected = connectExternalHost(stack, externalHost, report);
  stack.connected.catch(reported('the functions host'));
}

/**
 * Waits for all. At the first failure the stack is stopped, so that nothing waits for a process that can no longer
 * serve. All have ended before this throws, so that none is still starting.
 *
 * @throws the first failure; later ones are mostly its consequences
 */
async function allOf<T>(stack: Stack, wanted: Promise<T>, others: readonly Promise<void>[]): Promise<T> {
  try {
    const [value] = await Promise.all([wanted, ...others]);
    return value;
  } catch (error) {
    await stack.stop().catch(() => undefined);
    await Promise.allSettled([wanted, ...others]);
    throw error;
  }
}
