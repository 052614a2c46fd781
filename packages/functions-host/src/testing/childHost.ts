/** The API of a host that runs in a child process. */
import { setTimeout as pause } from 'node:timers/promises';

import { sameName } from '../caseInsensitive.js';
import type {
  Duration,
  FunctionsHost,
  HostFunction,
  HostKeys,
  InstanceFilter,
  InstanceStatus,
  LogLine,
  RuntimeStatus,
} from './functionsHost.js';
import { FunctionsHostError } from './functionsHostError.js';
import type { HostProcess } from './hostProcess.js';
import { Management } from './management.js';
import type { Report } from './messages.js';

/** Real milliseconds that work may take, unless a test gives another number. */
const patience = 30_000;
/** Real milliseconds between two looks at an instance. */
const lookAgainAfter = 10;
/** Milliseconds for a host to end in order: it cuts running work off after ten seconds. */
const stopWithin = 15_000;

const ended: ReadonlySet<RuntimeStatus> = new Set(['Completed', 'Failed', 'Terminated', 'Canceled']);

export class ChildHost implements FunctionsHost {
  readonly url: string;
  readonly keys: HostKeys;
  readonly functions: readonly HostFunction[];
  readonly log: readonly LogLine[];
  readonly #host: HostProcess;
  readonly #management: Management;
  readonly #jumps: boolean;
  readonly #cleanUp: () => Promise<void>;

  constructor(parts: {
    readonly host: HostProcess;
    readonly serving: Extract<Report, { kind: 'serving' }>;
    readonly jumps: boolean;
    readonly cleanUp: () => Promise<void>;
  }) {
    const { host, serving } = parts;
    this.#host = host;
    this.#jumps = parts.jumps;
    this.#cleanUp = parts.cleanUp;
    this.log = host.log;
    this.url = serving.url;
    this.keys = serving.keys;
    this.functions = serving.functions;
    this.#management = new Management(serving.url, serving.keys);
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return this.#host.run(() => this.#management.fetch(path, init));
  }

  start(orchestrator: string, options: { input?: unknown; instanceId?: string } = {}): Promise<string> {
    const known = this.functions.filter(({ trigger }) => sameName(trigger, 'orchestrationTrigger'));
    if (!known.some(({ name }) => sameName(name, orchestrator))) {
      const names = known.map(({ name }) => name).join(', ');
      const has = names === '' ? 'It has none.' : `It has ${names}.`;
      return Promise.reject(new FunctionsHostError(`The app has no orchestration '${orchestrator}'. ${has}`));
    }
    return this.#host.run(() => this.#management.start(orchestrator, options.input, options.instanceId));
  }

  query(instanceId: string, options: { showHistory?: boolean } = {}): Promise<InstanceStatus | undefined> {
    return this.#host.run(() => this.#management.query(instanceId, options.showHistory === true));
  }

  instances(filter: InstanceFilter = {}): Promise<InstanceStatus[]> {
    return this.#host.run(() => this.#management.instances(filter));
  }

  async waitForInstance(instanceId: string, options: { timeout?: number } = {}): Promise<InstanceStatus> {
    const timeout = options.timeout ?? patience;
    const deadline = performance.now() + timeout;
    // A jump ends when the app is idle. If nothing was due, only a request from outside can bring the end.
    for (let mayProgress = true; ;) {
      const status = await this.query(instanceId);
      if (status !== undefined && ended.has(status.runtimeStatus)) return status;
      const left = deadline - performance.now();
      if (!mayProgress || left <= 0) throw notEnded(instanceId, status, mayProgress ? timeout : undefined);
      if (this.#jumps) mayProgress = (await this.#host.jump(undefined, left)).stops > 0;
      else await pause(Math.min(lookAgainAfter, left));
    }
  }

  raiseEvent(instanceId: string, eventName: string, data?: unknown): Promise<void> {
    return this.#host.run(() => this.#management.raiseEvent(instanceId, eventName, data));
  }

  terminate(instanceId: string, reason = ''): Promise<void> {
    return this.#host.run(() => this.#management.terminate(instanceId, reason));
  }

  entityState(name: string, key: string): Promise<unknown> {
    return this.#host.run(() => this.#management.entityState(name, key));
  }

  async now(): Promise<Date> {
    return this.#jumps ? new Date(await this.#host.time()) : new Date();
  }

  async advance(by: Duration | Date, { timeout = patience }: { timeout?: number } = {}): Promise<Date> {
    if (!this.#jumps)
      throw new FunctionsHostError("The host follows the machine's clock. Start it with clock: 'jumping' to advance.");
    const from = await this.#host.time();
    const to = by instanceof Date ? by.getTime() : from + milliseconds(by);
    if (!(to >= from))
      throw new FunctionsHostError(
        `Time moves forward only. It is ${new Date(from).toISOString()}, and was to be ${String(by instanceof Date ? by : to)}.`,
      );
    const { now, busy } = await this.#host.jump(to, timeout);
    if (busy)
      throw new FunctionsHostError(
        `The app was still busy after ${timeout} ms, at ${new Date(now).toISOString()}. Open requests and pauses count as work.`,
      );
    return new Date(now);
  }

  async stop(): Promise<void> {
    await this.#host.stop(stopWithin);
    await this.#cleanUp();
  }

  async kill(): Promise<void> {
    await this.#host.kill();
    await this.#cleanUp();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function milliseconds({ days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds: rest = 0 }: Duration): number {
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + rest;
}

function notEnded(id: string, status: InstanceStatus | undefined, timeout: number | undefined): FunctionsHostError {
  const state = status === undefined ? `There is no instance '${id}'` : `'${id}' is ${status.runtimeStatus}`;
  const custom = status === undefined || status.customStatus === null ? '' : `, ${JSON.stringify(status.customStatus)}`;
  return new FunctionsHostError(
    timeout === undefined
      ? `${state}${custom}, and nothing is due: the app is idle, so it waits for an event.`
      : `${state}${custom} after ${timeout} ms.`,
  );
}
