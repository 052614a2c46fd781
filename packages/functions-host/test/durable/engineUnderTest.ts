/**
 * The engine in memory, over functions given in the test, run by the real executors of durable-functions, on a clock
 * that jumps.
 */
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';

import { hostJsonOf } from '../../src/config/hostJson.js';
import type { ArchiverLimits } from '../../src/durable/engine/archiver.js';
import { Client } from '../../src/durable/client/client.js';
import { Engine } from '../../src/durable/engine/engine.js';
import { DurableFunctions } from '../../src/durable/functions.js';
import { TaskHub } from '../../src/durable/hub/hub.js';
import { isEnded, type Instance } from '../../src/durable/hub/instance.js';
import type { HubRecord } from '../../src/durable/hub/records.js';
import { durableSettings } from '../../src/durable/settings.js';
import { statusView } from '../../src/durable/management/statusView.js';
import { createLog, type LogEntry } from '../../src/log/log.js';
import type { FileArchive } from '../../src/store/archive.js';
import { memoryJournal, type Journal } from '../../src/store/journal.js';
import { InvocationError, type AppFunction, type LoadedApp, type RpcTypedData } from '../../src/worker/app.js';
import { VirtualTime } from '../virtualTime.js';

type Handler = (trigger: unknown, context: object) => Promise<unknown>;
const executors = createRequire(import.meta.url)('durable-functions/lib/src/util/testingUtils.js') as {
  createOrchestrator(orchestrator: unknown): Handler;
  createEntityFunction(entity: unknown): Handler;
};

/** What durable-functions gives to an orchestrator, as far as the tests use it. */
export interface OrchestrationContext {
  df: {
    instanceId: string;
    currentUtcDateTime: Date;
    isReplaying: boolean;
    getInput(): unknown;
    callActivity(name: string, input?: unknown): unknown;
    callActivityWithRetry(name: string, options: object, input?: unknown): unknown;
    callSubOrchestrator(name: string, input?: unknown, id?: string): unknown;
    callEntity(id: object, operation: string, input?: unknown): unknown;
    signalEntity(id: object, operation: string, input?: unknown): void;
    createTimer(at: Date): { cancel(): void; isCompleted: boolean };
    waitForExternalEvent(name: string): { result: unknown; isCompleted: boolean };
    continueAsNew(input?: unknown): void;
    setCustomStatus(status: unknown): void;
    Task: { all(tasks: unknown[]): unknown; any(tasks: unknown[]): unknown };
  };
}

export interface EntityContext {
  df: {
    operationName: string;
    getState(initial: () => unknown): unknown;
    setState(state: unknown): void;
    getInput(): unknown;
    return(value?: unknown): void;
    destructOnExit(): void;
    signalEntity(id: object, operation: string, input?: unknown): void;
  };
}

export type Orchestrator = (context: OrchestrationContext) => Generator<unknown, unknown, never>;

/** The functions of a test's app. */
export interface TestApp {
  orchestrators?: Record<string, Orchestrator>;
  activities?: Record<string, (input: unknown) => unknown>;
  entities?: Record<string, (context: EntityContext) => void>;
}

function typed(value: unknown): RpcTypedData | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? { string: value } : { json: JSON.stringify(value) };
}

function valueOf(data: RpcTypedData | undefined): unknown {
  const text = data?.json ?? data?.string;
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A LoadedApp without files. */
export function fakeApp(app: TestApp): LoadedApp & { invocations: string[] } {
  const handlers = new Map<string, Handler>();
  const functions = new Map<string, AppFunction>();
  const add = (name: string, triggerType: string, handler: Handler): void => {
    const bindings = { trigger: { type: triggerType, direction: 'in' as const } };
    functions.set(name, { name, triggerType, triggerName: 'trigger', bindings, metadata: { name, bindings } });
    handlers.set(name, handler);
  };
  for (const [name, orchestrator] of Object.entries(app.orchestrators ?? {}))
    add(name, 'orchestrationTrigger', executors.createOrchestrator(orchestrator));
  for (const [name, activity] of Object.entries(app.activities ?? {}))
    add(name, 'activityTrigger', async (input) => activity(input));
  for (const [name, entity] of Object.entries(app.entities ?? {}))
    add(name, 'entityTrigger', executors.createEntityFunction(entity));
  const invocations: string[] = [];
  return {
    functions,
    invocations,
    find: (name) => [...functions.values()].find((one) => one.name.toLowerCase() === name.toLowerCase()),
    close: () => Promise.resolve(),
    invoke: async (name, { inputData }) => {
      invocations.push(name);
      try {
        const result = await handlers.get(name)?.(valueOf(inputData[0]?.data), {});
        return { returnValue: typed(result), outputData: [] };
      } catch (error) {
        const { message, stack } = error instanceof Error ? error : new Error(String(error));
        throw new InvocationError({ name: 'Error', message, stack: stack ?? '', isUserException: true, thrown: error });
      }
    },
  };
}

export interface EngineOptions {
  /** Under extensions.durableTask of host.json. */
  settings?: Record<string, unknown>;
  strict?: boolean;
  earlyTimers?: boolean;
  journal?: Journal;
  hub?: TaskHub;
  archive?: FileArchive;
  archiverLimits?: ArchiverLimits;
}

/** An engine that has been started. */
export class EngineUnderTest {
  readonly app: ReturnType<typeof fakeApp>;
  /** Stands still while something runs, and jumps to the next timer when nothing does. */
  readonly clock = new VirtualTime(Date.parse('2026-01-01T00:00:00Z'));
  readonly hub: TaskHub;
  readonly client: Client;
  readonly engine: Engine;
  /** Every record that was committed, as JSON. */
  readonly records: string[] = [];
  readonly #log: LogEntry[] = [];

  constructor(app: TestApp, options: EngineOptions = {}) {
    this.app = fakeApp(app);
    this.hub = options.hub ?? new TaskHub();
    const durableTask = options.settings ?? {};
    this.engine = new Engine({
      app: this.app,
      functions: new DurableFunctions(this.app),
      settings: durableSettings(hostJsonOf({ version: '2.0', extensions: { durableTask } }), {
        earlyTimers: options.earlyTimers ?? false,
      }),
      clock: this.clock,
      log: createLog({ rules: { default: 'Information' }, sink: (entry) => this.#log.push(entry) }),
      strict: options.strict ?? false,
      hub: this.hub,
      journal: this.#recording(options.journal ?? memoryJournal()),
      ...(options.archive === undefined ? {} : { archive: options.archive }),
      ...(options.archiverLimits === undefined ? {} : { archiverLimits: options.archiverLimits }),
      findCode: () => Promise.resolve(undefined),
    });
    this.client = new Client(this.engine);
    this.engine.start();
  }

  #recording(journal: Journal): Journal {
    const append = journal.append.bind(journal);
    return Object.assign(journal, {
      append: (payload: string) => {
        this.records.push(payload);
        return append(payload);
      },
    });
  }

  /** Warnings and errors. */
  get warnings(): string[] {
    return this.#log.filter(({ level }) => level === 'warning' || level === 'error').map(({ message }) => message);
  }

  async start(name: string, id: string, input?: unknown): Promise<void> {
    await this.client.start({ name, id, input: input === undefined ? null : JSON.stringify(input) });
  }

  async raise(id: string, name: string, value: unknown): Promise<void> {
    await this.client.raiseEvent(id, name, JSON.stringify(value));
  }

  instance(id: string): Instance {
    const instance = this.hub.find(id);
    if (instance === undefined) throw new Error(`no instance ${id}`);
    return instance;
  }

  /** Lets everything happen that needs no time to pass. */
  async runUntilIdle(): Promise<void> {
    for (let round = 0; round < 40; round += 1) await turn();
  }

  /** Moves the clock on, from timer to timer, and lets everything happen that is due. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.clock.now().getTime() + milliseconds;
    await this.runUntilIdle();
    while (this.clock.step(end)) await this.runUntilIdle();
    this.clock.skipTo(end);
    await this.runUntilIdle();
  }

  /** Jumps through time until an instance has ended; answers its status. */
  async ended(id: string): Promise<ReturnType<typeof statusView>> {
    for (let jumps = 0; jumps < 1000; jumps += 1) {
      await this.runUntilIdle();
      if (isEnded(this.instance(id).status)) return this.status(id);
      if (!this.clock.step(Number.POSITIVE_INFINITY)) break;
    }
    throw new Error(`${id} has not ended: ${JSON.stringify(this.status(id))}`);
  }

  /** The output of an instance that completes. */
  async output(id: string): Promise<unknown> {
    const status = await this.ended(id);
    if (status['runtimeStatus'] !== 'Completed') throw new Error(JSON.stringify(status));
    return status['output'];
  }

  status(id: string): ReturnType<typeof statusView> {
    return statusView(this.instance(id), { showInput: true, showHistory: true, showHistoryOutput: true });
  }

  /** Types of the events in an instance's history, in their order. */
  eventTypes(id: string): string[] {
    const events = this.status(id)['historyEvents'] as { EventType: string }[];
    return events.map(({ EventType }) => EventType);
  }

  /** Applies the first records of a run to an empty hub, as a start after a kill would. */
  hubAfter(count: number): TaskHub {
    const hub = new TaskHub();
    for (const [index, record] of this.records.slice(0, count).entries())
      hub.apply(JSON.parse(record) as HubRecord, index + 1);
    return hub;
  }
}
