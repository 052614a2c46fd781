import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClockServer } from '@connected-registry/clock/server';
import { releaseDataFolder, writeAtomically } from './dataFolder.js';
import { describeEndpoints, type Endpoints } from './endpoints.js';
import type { HttpsJson } from './httpsJson.js';
import type { Operator } from './operator/operator.js';
import { logFile, PROCESS_NAMES, type Ground, type ProcessName } from './plans.js';
import { SupervisedProcess, type ProcessPlan } from './supervisedProcess.js';
import type { World } from './world.js';

/** Milliseconds after which a restarted host's process id is published even if it does not serve yet. */
const PUBLISH_PID_AFTER = 1500;

/** The control plane as its operator sees it, present once it serves. */
export interface ControlPlane {
  /** Its address, without a slash at the end. */
  url: string;
  world: World;
  https: HttpsJson;
  operator: Operator;
}

/** The running simulators and app: their addresses, logs and processes, and how to stop them. */
export class Stack {
  readonly #processes = new Map<ProcessName, SupervisedProcess>();
  #controlPlane: ControlPlane | undefined;
  #functionsKey: string | undefined;
  #published = false;
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;
  #giveUp: (reason: string) => void = () => undefined;

  /** Resolves with the reason if a process could not be kept running. Everything else has then been stopped. */
  readonly ended: Promise<string>;

  /** Resolves once the app's host accepts events. Rejects if everything is stopped first. */
  connected: Promise<void> = Promise.resolve();

  /** Ends the app's host and starts it again. @param settings override those that it had at first */
  restartHost: (settings: Readonly<Record<string, string>>) => Promise<void> = () =>
    Promise.reject(new Error('The host has not been started here.'));

  constructor(
    readonly ground: Ground,
    private readonly clock: ClockServer,
    private readonly report: (line: string) => void,
    /** Whether the app's host was started by someone else. */
    readonly isHostExternal: boolean,
    /** Whether the device agent was started by someone else. */
    readonly isAgentExternal = false,
  ) {
    this.ended = new Promise((resolve) => (this.#giveUp = resolve));
  }

  /** Path of endpoints.json. */
  get endpointsFile(): string {
    return join(this.ground.dataFolder, 'endpoints.json');
  }

  /** Path of the environment file for an app on an external host. */
  get appEnvironmentFile(): string {
    return join(this.ground.dataFolder, 'app.env.json');
  }

  /** Path of the environment file for a device agent that is started by hand. */
  get deviceEnvironmentFile(): string {
    return join(this.ground.dataFolder, 'device.env');
  }

  /** Path of the environment file for a device agent that joins, and is started by hand. */
  get joinedEnvironmentFile(): string {
    return join(this.ground.dataFolder, 'joined.env');
  }

  /** Aborted when the stack starts to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get clockUrl(): string {
    return this.clock.url;
  }

  get controlPlane(): ControlPlane {
    if (!this.#controlPlane) throw new Error('The control plane does not serve yet.');
    return this.#controlPlane;
  }

  set controlPlane(controlPlane: ControlPlane) {
    this.#controlPlane = controlPlane;
  }

  /** The current content of endpoints.json. */
  get endpoints(): Endpoints {
    if (this.#functionsKey === undefined) throw new Error('The functions host does not serve yet.');
    const { places } = this.ground;
    return describeEndpoints(this.controlPlane.world, {
      functions: {
        url: places.functionsUrl,
        key: this.#functionsKey,
        pid: this.isHostExternal ? null : (this.pidOf('host') ?? 0),
      },
      azureUrl: places.azureUrl,
      caFile: places.caFile,
      edgeHost: places.edgeHost,
    });
  }

  /** Starts a process, which is then kept running, and waits until it serves. */
  async start(name: ProcessName, plan: ProcessPlan): Promise<string> {
    if (this.#stopped) throw new Error('The stack is being stopped.');
    const supervised = new SupervisedProcess(plan, {
      restarting: (pid, ready) => void this.#restarting(name, pid, ready),
      gaveUp: (reason) => {
        this.report(reason);
        void this.stop()
          .catch((error: unknown) => this.report(String(error)))
          .then(() => this.#giveUp(reason));
      },
    });
    this.#processes.set(name, supervised);
    return supervised.start();
  }

  /** Stops one process for good, as if it had never been started. */
  async end(name: ProcessName): Promise<void> {
    await this.#processes.get(name)?.stop();
    this.#processes.delete(name);
  }

  pidOf(name: ProcessName): number | undefined {
    return this.#processes.get(name)?.pid;
  }

  /** Ends a process with SIGKILL and returns immediately. The supervisor starts it again. */
  crash(name: ProcessName): void {
    this.#processes.get(name)?.signal('SIGKILL');
  }

  logFile(name: ProcessName): string {
    return logFile(this.ground.dataFolder, name);
  }

  /** Writes endpoints.json. */
  publish(functionsKey: string): void {
    this.#functionsKey = functionsKey;
    this.#published = true;
    this.#writeEndpoints();
  }

  /** Stops all processes, the last started first, and releases the data folder. Further calls wait for the same end. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#published = false;
    const files = [this.endpointsFile, this.appEnvironmentFile, this.deviceEnvironmentFile, this.joinedEnvironmentFile];
    const steps: readonly (() => void | Promise<void>)[] = [
      ...files.map((file) => () => rmSync(file, { force: true })),
      ...PROCESS_NAMES.toReversed().map((name) => () => this.end(name)),
      () => this.clock.close(),
      () => releaseDataFolder(this.ground.dataFolder),
    ];
    const failures: unknown[] = [];
    // If one step fails (a full disk, a removed folder), the processes are still stopped.
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `Not everything could be cleared away: ${failures.map(String).join('; ')}`);
  }

  async #restarting(name: ProcessName, pid: number, ready: Promise<string>): Promise<void> {
    this.report(`${name} died and was restarted, process ${pid}`);
    if (name !== 'host') return;
    // A reader of the file should find a host that serves, but must not wait long for the new process.
    await Promise.race([ready.catch(() => undefined), sleep(PUBLISH_PID_AFTER)]);
    if (this.#published && this.pidOf('host') === pid) this.#writeEndpoints();
  }

  #writeEndpoints(): void {
    writeAtomically(this.endpointsFile, JSON.stringify(this.endpoints, null, 2));
  }
}
