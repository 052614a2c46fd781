/**
 * A case of the conformance app again, in memory and in virtual time, with the host killed between two of its records.
 */
import { Engine } from '@connected-registry/functions-host/durable/engine/engine';
import { hostJsonOf } from '@connected-registry/functions-host/config/hostJson';
import { Client } from '@connected-registry/functions-host/durable/client/client';
import { DurableFunctions } from '@connected-registry/functions-host/durable/functions';
import { TaskHub } from '@connected-registry/functions-host/durable/hub/hub';
import { isEnded } from '@connected-registry/functions-host/durable/hub/instance';
import type { HubRecord } from '@connected-registry/functions-host/durable/hub/records';
import { statusView } from '@connected-registry/functions-host/durable/management/statusView';
import { httpActivityName } from '@connected-registry/functions-host/durable/replay/httpCall';
import { durableSettings } from '@connected-registry/functions-host/durable/settings';
import { createLog } from '@connected-registry/functions-host/log/log';
import { memoryJournal } from '@connected-registry/functions-host/store/journal';
import type { LoadedApp } from '@connected-registry/functions-host/worker/app';
import { isClients, timeOf, type CaseRecords } from './caseRecords.js';
import { VirtualTime } from '../../../packages/functions-host/test/virtualTime.js';
import { untilStill } from './untilStill.js';

/** How an instance ended, as far as two runs must agree. */
export interface Final {
  readonly status: string;
  readonly output: unknown;
  readonly customStatus: unknown;
}

const settings = durableSettings(hostJsonOf({ version: '2.0' }), { earlyTimers: false });
const log = createLog({ rules: { default: 'None' }, sink: () => undefined });

/** Virtual time after the last thing that a client did within which all must have ended. */
const patience = 10 * 60_000;
const maxKills = 2000;

/** A start of the host over records that a killed one left. */
class Life {
  readonly hub = new TaskHub();
  readonly time: VirtualTime;
  /** What it has written itself. */
  readonly written: HubRecord[] = [];
  readonly #engine: Engine;
  readonly #client: Client;
  #progress = 0;

  private constructor(app: LoadedApp, invoke: LoadedApp['invoke'], records: readonly HubRecord[]) {
    let seq = 0;
    let now = 0;
    for (const record of records) {
      this.hub.apply(structuredClone(record), (seq += 1));
      now = Math.max(now, timeOf(record) ?? 0);
    }
    this.time = new VirtualTime(now);
    const counted: LoadedApp['invoke'] = async (name, invocation) => {
      this.#progress += 1;
      try {
        return await invoke(name, invocation);
      } finally {
        this.#progress += 1;
      }
    };
    const journal = memoryJournal();
    const append = journal.append.bind(journal);
    this.#engine = new Engine({
      app: { invoke: counted },
      functions: new DurableFunctions(app),
      settings,
      clock: this.time,
      log,
      strict: false,
      hub: this.hub,
      journal: Object.assign(journal, {
        append: (payload: string) => {
          this.written.push(JSON.parse(payload) as HubRecord);
          this.#progress += 1;
          return seq + append(payload);
        },
      }),
      findCode: () => Promise.resolve(undefined),
    });
    this.#client = new Client(this.#engine);
    globalThis.setTimeout = this.time.setTimeout as unknown as typeof setTimeout;
    this.#engine.start();
  }

  static async begin(app: LoadedApp, records: readonly HubRecord[]): Promise<Life> {
    return new Life(app, await appOfLife(app, records), records);
  }

  async runUntilIdle(): Promise<void> {
    await untilStill(() => this.#progress);
    // Requests of callHttp go over a real socket.
    while (this.#awaitsHttp()) await untilStill(() => this.#progress);
  }

  #awaitsHttp(): boolean {
    for (const { tasks } of this.hub.instances.values())
      for (const { name } of tasks.values()) if (name === httpActivityName) return true;
    return false;
  }

  /** Does again what a client did. */
  async act(record: HubRecord): Promise<void> {
    this.time.skipTo(timeOf(record) ?? 0);
    if (record.k === 'rewind') {
      const id = record.instances[0]?.i ?? '';
      await this.#client.rewind(id, null);
    } else if (record.k === 'start' || record.k === 'message')
      this.#engine.commit({ ...record, m: { ...record.m, n: this.#engine.nextMessageNumber() } });
    else this.#engine.commit(record);
  }

  /** Lets time pass until `until`, or until something has been written; false when nothing was due any more. */
  async passUntilWritten(until: number): Promise<boolean> {
    await this.runUntilIdle();
    while (this.written.length === 0) {
      if (!this.time.step(until)) return false;
      await this.runUntilIdle();
    }
    return true;
  }

  async pass(until: number): Promise<void> {
    await this.runUntilIdle();
    while (this.time.step(until)) await this.runUntilIdle();
    this.time.skipTo(until);
  }

  /** Nothing of it may happen any more; what runs is left behind, as by a kill. */
  kill(): void {
    globalThis.setTimeout = realSetTimeout;
    void this.#engine.stop();
  }
}

/** Activities that count their attempts by the key in their input. */
const counting = new Set(['flaky', 'fails']);

interface Answers {
  readonly name: string;
  readonly input: string;
  readonly count: number;
}

/**
 * How often the outside world has answered each key of these activities so far: what is counted there outlives a kill.
 */
function answersOfCounting(records: readonly HubRecord[]): Iterable<Answers> {
  const hub = new TaskHub();
  const answers = new Map<string, Answers>();
  for (const [index, record] of records.entries()) {
    if (record.k === 'message' && (record.m.e.EventType === 5 || record.m.e.EventType === 6)) {
      const task = hub.instances.get(record.i)?.tasks.get(record.m.e.TaskScheduledId);
      if (task !== undefined && counting.has(task.name) && task.input !== null) {
        const { name, input } = task;
        const key = `${name} ${input}`;
        answers.set(key, { name, input, count: (answers.get(key)?.count ?? 0) + 1 });
      }
    }
    hub.apply(structuredClone(record), index + 1);
  }
  return answers.values();
}

const realSetTimeout = globalThis.setTimeout;
let lives = 0;

/**
 * The app as one life of the host sees it: these activities count their attempts on from what the records say, in every
 * life anew.
 */
async function appOfLife(app: LoadedApp, records: readonly HubRecord[]): Promise<LoadedApp['invoke']> {
  lives += 1;
  const life = lives;
  const attempt = (activity: string, input: string): ReturnType<LoadedApp['invoke']> => {
    const { key, ...rest } = JSON.parse(input) as { key: string };
    const json = JSON.stringify({ ...rest, key: `${key} in life ${life}` });
    const name = app.find(activity)?.triggerName ?? '';
    return app.invoke(activity, { inputData: [{ name, data: { json } }], triggerMetadata: {} });
  };
  for (const { name, input, count } of answersOfCounting(records))
    for (let nth = 0; nth < count; nth += 1) await attempt(name, input).catch(() => undefined);
  return (name, invocation) => {
    const input = invocation.inputData[0]?.data.json;
    return counting.has(name) && typeof input === 'string' ? attempt(name, input) : app.invoke(name, invocation);
  };
}

/** Runs a case to its end after its first `count` records, the rest of what clients did coming at their times. */
export async function endAfterKill(
  app: LoadedApp,
  { records }: CaseRecords,
  count: number,
): Promise<Map<string, Final>> {
  const life = await Life.begin(app, records.slice(0, count));
  try {
    for (const record of records.slice(count).filter(isClients)) {
      await life.pass(timeOf(record) ?? 0);
      await life.act(record);
    }
    await life.pass(life.time.now().getTime() + patience);
    return finalsIn(life.hub);
  } finally {
    life.kill();
  }
}

/**
 * Runs a case from its beginning with the host killed after every record that it writes, and what followed that record
 * lost.
 */
export async function endAfterKillsEverywhere(app: LoadedApp, given: CaseRecords): Promise<Map<string, Final>> {
  const clients = given.records.filter(isClients);
  const records: HubRecord[] = [];
  let end = Number.POSITIVE_INFINITY;
  for (let count = 0; count < maxKills; count += 1) {
    const life = await Life.begin(app, records);
    try {
      const [next] = clients;
      if (!(await life.passUntilWritten(next === undefined ? end : (timeOf(next) ?? 0)))) {
        if (next === undefined) return finalsIn(life.hub);
        await life.act(next);
        clients.shift();
        if (clients.length === 0) end = life.time.now().getTime() + patience;
      }
      records.push(...life.written.slice(0, 1));
    } finally {
      life.kill();
    }
  }
  throw new Error(`${given.id} has not ended after ${maxKills} kills`);
}

/** Finals of the records themselves, without a kill. */
export function finalsOf({ records }: CaseRecords): Map<string, Final> {
  const hub = new TaskHub();
  for (const [index, record] of records.entries()) hub.apply(structuredClone(record), index + 1);
  return finalsIn(hub);
}

function finalsIn(hub: TaskHub): Map<string, Final> {
  const found = new Map<string, Final>();
  for (const [id, instance] of hub.instances) {
    const view = statusView(instance, { showInput: false, showHistory: false, showHistoryOutput: false });
    const status = isEnded(instance.status) || instance.entity !== undefined ? instance.status : 'open';
    found.set(id, { status, output: instance.entity?.state ?? view['output'], customStatus: view['customStatus'] });
  }
  return found;
}
