/** Types of the API for tests. They name no other file, so that they can be published as they are. */

/** How a host is started. */
export interface StartOptions {
  /** The app's folder, which has host.json and package.json. Default: the working folder. */
  readonly app?: string;
  /** The port. Default 0: a free one. */
  readonly port?: number;
  /** `memory` (default) keeps nothing; else the folder for keys, timer statuses and durable state. */
  readonly store?: string;
  /** Environment variables in addition to those of this process. `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `system` (default): the machine's time. `jumping`: time runs from `startAt` on and can be moved forward. */
  readonly clock?: 'system' | 'jumping';
  /** The time at which a jumping clock starts. Default: now. */
  readonly startAt?: Date | string;
  /** Turns cases in which the real host fails silently into errors. */
  readonly strict?: boolean;
  /** Arguments of Node.js, such as `['--import', './test/stubs.mjs']`, which replaces modules before the app loads. */
  readonly nodeArguments?: readonly string[];
  /** Receives each line of the log. */
  readonly onLog?: (line: LogLine) => void;
  /** Real milliseconds in which the host must serve. Default 30 000. */
  readonly startTimeout?: number;
}

/** A line of the host's log, which has the app's console output, too. */
export interface LogLine {
  readonly time: Date;
  readonly level: 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical';
  /** Such as `Function.hello.User` for what a function logs. */
  readonly category: string;
  readonly message: string;
}

/** Keys of the host. `durable` and `eventGrid` open their webhooks, `master` opens everything. */
export interface HostKeys {
  readonly master: string;
  readonly function: string;
  readonly durable: string;
  readonly eventGrid: string;
}

/** A function that the app has registered. */
export interface HostFunction {
  readonly name: string;
  /** Such as `httpTrigger`, `orchestrationTrigger`, `timerTrigger`. */
  readonly trigger: string;
}

/** States of an orchestration. */
export type RuntimeStatus =
  'Pending' | 'Running' | 'Suspended' | 'ContinuedAsNew' | 'Completed' | 'Failed' | 'Terminated' | 'Canceled';

/** An orchestration's status as the management API of the Durable Task extension shows it. */
export interface InstanceStatus {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: RuntimeStatus;
  readonly input: unknown;
  /** The result; of a failed orchestration the error's text. */
  readonly output: unknown;
  readonly customStatus: unknown;
  /** ISO 8601, in whole seconds. */
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
  /** With `showHistory`. */
  readonly historyEvents?: readonly Readonly<Record<string, unknown>>[];
}

/** Which instances `instances()` returns. All conditions hold together. */
export interface InstanceFilter {
  readonly prefix?: string;
  readonly statuses?: readonly RuntimeStatus[];
}

/** A span of time. Its parts add up. */
export interface Duration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

/**
 * A running host, in a process of its own. Every method rejects with a `FunctionsHostError` when the host has ended or
 * refuses. `await using` stops it.
 */
export interface FunctionsHost {
  /** `http://localhost:N`. */
  readonly url: string;
  readonly keys: HostKeys;
  readonly functions: readonly HostFunction[];
  /** The last 10,000 lines of the log. */
  readonly log: readonly LogLine[];
  /** Sends a request to a path of the host, with the function key unless the request has one. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Starts an orchestration. @returns its instance id */
  start(orchestrator: string, options?: { readonly input?: unknown; readonly instanceId?: string }): Promise<string>;
  /** An instance's status; `undefined` if there is none. */
  query(instanceId: string, options?: { readonly showHistory?: boolean }): Promise<InstanceStatus | undefined>;
  /** All instances that match, in the order of their ids. */
  instances(filter?: InstanceFilter): Promise<InstanceStatus[]>;
  /**
   * Waits until an orchestration has ended, in whatever way. A jumping clock jumps to each due time on the way. It
   * rejects if the end does not come within `timeout` real milliseconds (default 30 000), or if nothing is due that
   * could bring it.
   */
  waitForInstance(instanceId: string, options?: { readonly timeout?: number }): Promise<InstanceStatus>;
  /** Sends an external event to an orchestration. */
  raiseEvent(instanceId: string, eventName: string, data?: unknown): Promise<void>;
  /** Ends an orchestration. */
  terminate(instanceId: string, reason?: string): Promise<void>;
  /** An entity's state; `undefined` if it does not exist. */
  entityState(name: string, key: string): Promise<unknown>;
  /** The host's time. */
  now(): Promise<Date>;
  /**
   * Moves a jumping clock forward. Each timer on the way runs at its own time, and what it starts ends before time goes
   * on.
   * @param timeout real milliseconds in which that must be done; default 30 000
   * @returns the host's time
   */
  advance(by: Duration | Date, options?: { readonly timeout?: number }): Promise<Date>;
  /** Ends the host after what is running has ended. A further call waits for the same end. */
  stop(): Promise<void>;
  /** Ends the host at once, as `kill -9` does. A new host over the same `store` continues. */
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
