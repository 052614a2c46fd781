/**
 * The engine: turns messages into turns, tasks into activities, and due times into messages, with the concurrency of
 * host.json. A change that must survive a restart is first a record in the journal. What a restart finds again is
 * changed without one: due timers, and messages that no turn can take, which are removed from their inbox or put off.
 * Activities and entities run only when the record that requests them is on disk.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { HostClock } from '../../hostClock.js';
import type { HostLog } from '../../log/log.js';
import { createQuirks, type Quirks } from '../../log/quirks.js';
import type { FileArchive } from '../../store/archive.js';
import type { Journal } from '../../store/journal.js';
import type { LoadedApp } from '../../worker/app.js';
import { MessageLabels } from '../entities/messages.js';
import type { DurableFunctions } from '../functions.js';
import type { ExecutionStartedEvent } from '../history.js';
import type { HubListener, TaskHub } from '../hub/hub.js';
import { isEnded, isEntity, type Instance, type PendingTask } from '../hub/instance.js';
import type { HubRecord } from '../hub/records.js';
import { replacedByChild, versionNotRun, type Notice } from '../replay/notices.js';
import type { DurableSettings } from '../settings.js';
import type { CodeFinder } from '../userCode.js';
import { runActivity } from './activity.js';
import { Alarm } from './alarm.js';
import { returnsFor } from './archiveReturns.js';
import { Archiver, type ArchiverLimits } from './archiver.js';
import { Checkpoints } from './checkpoints.js';
import { entityTurn, mayRun } from './entityTurn.js';
import { NoticeLog } from './noticeLog.js';
import { timerDue } from './timerDue.js';
import { WorkQueue } from './workQueue.js';
import { orchestrationTurn } from './orchestrationTurn.js';

/** First and maximum pause, ms, before work that failed because of the host is retried. */
const retryPause = { first: 500, longest: 30_000 };

/** Maximum time that a stop waits for running turns and activities, ms. */
const drainWithin = 10_000;

/** Dependencies of the engine. */
export interface EngineInit {
  readonly app: Pick<LoadedApp, 'invoke'>;
  readonly functions: DurableFunctions;
  readonly settings: DurableSettings;
  readonly clock: HostClock;
  readonly log: HostLog;
  readonly strict: boolean;
  readonly hub: TaskHub;
  readonly journal: Journal;
  /** Where finished instances go; without one they stay in memory. */
  readonly archive?: FileArchive | undefined;
  /** For tests. */
  readonly archiverLimits?: ArchiverLimits;
  readonly findCode: CodeFinder;
}

/** The durable engine of one app. */
export class Engine implements HubListener {
  readonly app: Pick<LoadedApp, 'invoke'>;
  readonly functions: DurableFunctions;
  readonly settings: DurableSettings;
  readonly clock: HostClock;
  readonly strict: boolean;
  readonly hub: TaskHub;
  /** Order of the signals that entities send. */
  readonly labels = new MessageLabels();
  readonly #log: HostLog;
  readonly #quirks: Quirks;
  readonly #journal: Journal;
  readonly #notices: NoticeLog;
  readonly #alarm: Alarm;
  readonly #orchestrations: WorkQueue;
  readonly #entities: WorkQueue;
  readonly #activities: WorkQueue;
  readonly #checkpoints: Checkpoints;
  readonly #archiver: Archiver | undefined;
  /** Number of the last change. */
  #last = 0;
  readonly #failures = new Map<string, number>();
  #started = false;
  #stopped = false;

  constructor(init: EngineInit) {
    this.app = init.app;
    this.functions = init.functions;
    this.settings = init.settings;
    this.clock = init.clock;
    this.strict = init.strict;
    this.hub = init.hub;
    this.#log = init.log;
    this.#quirks = createQuirks(init.log, init.strict);
    this.#journal = init.journal;
    this.#notices = new NoticeLog(init);
    this.#alarm = new Alarm(init.clock);
    this.#orchestrations = new WorkQueue(init.settings.maxOrchestrators);
    this.#entities = new WorkQueue(init.settings.maxEntities);
    this.#activities = new WorkQueue(init.settings.maxActivities);
    this.#checkpoints = new Checkpoints(init.hub, init.journal, (error) =>
      this.#log.error(`The journal could not be compacted: ${error.message}`),
    );
    this.#archiver = this.#archiverOf(init);
    init.journal.onFailure = (error) => this.#halt(error);
    init.journal.onSpace = (error) => {
      this.#log.error(
        error === undefined
          ? 'The journal can be written again; waiting work continues.'
          : `${error.message}. Free some space: until then requests that change something are refused, and work stands still.`,
      );
      if (error === undefined) this.#archiver?.retry();
    };
  }

  /** Continues everything that is in progress according to the journal. */
  start(): void {
    this.#started = true;
    this.hub.listener = this;
    for (const instance of this.hub.instances.values()) this.#takeUp(instance);
    // Sorts them now rather than in the first query.
    this.hub.ids.all();
    this.#archiver?.look();
  }

  /**
   * Starts no more work and waits for running work, but not indefinitely: unfinished work runs again after the next
   * start.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.stop();
    const running = Promise.all([this.#orchestrations.stop(), this.#entities.stop(), this.#activities.stop()]);
    await Promise.race([running, sleep(drainWithin, undefined, { ref: false })]);
    await this.#archiver?.stop();
    await this.#checkpoints.stop();
  }

  /**
   * Makes a change: appends it to the journal, then applies it to the hub.
   * @returns its number
   */
  commit(record: HubRecord): number {
    for (const before of returnsFor(this.hub, record)) this.commit(before);
    const seq = this.#journal.append(JSON.stringify(record));
    this.#last = seq;
    this.hub.apply(record, seq);
    this.#archiver?.look();
    this.#checkpoints.look();
    return seq;
  }

  /** Resolves when the change with this number is on disk, however long the disk is full. */
  durable(seq: number): Promise<void> {
    return this.#journal.durable(seq);
  }

  /**
   * The same for a request that waits for its answer.
   * @throws if the disk is full
   */
  confirmed(seq: number): Promise<void> {
    return this.#journal.confirmed(seq);
  }

  /**
   * Makes a change for a request, and resolves when it is on disk.
   * @throws if the disk is full
   */
  async request(record: HubRecord): Promise<void> {
    // If there is no space, nothing is changed.
    this.#journal.checkSpace();
    await this.confirmed(this.commit(record));
  }

  #archiverOf({ hub, archive, archiverLimits }: EngineInit): Archiver | undefined {
    if (archive === undefined) return undefined;
    const init = {
      hub,
      archive,
      commit: (record: HubRecord) => void this.commit(record),
      written: () => this.confirmed(this.#last),
      failed: (error: Error) =>
        this.#log.error(
          `Finished instances could not be moved out of memory, or their files not replaced: ${error.message}`,
        ),
    };
    return archiverLimits === undefined ? new Archiver(init) : new Archiver(init, archiverLimits);
  }

  nextMessageNumber(): number {
    return this.hub.nextMessageNumber();
  }

  isRunning(instanceId: string): boolean {
    const instance = this.hub.instances.get(instanceId);
    return instance?.started === true && !isEnded(instance.status);
  }

  now(): Date {
    return this.clock.now();
  }

  ready(instance: Instance): void {
    if (instance.busy || !this.#started || this.#stopped) return;
    instance.busy = true;
    (isEntity(instance) ? this.#entities : this.#orchestrations).add(() => this.#turn(instance));
  }

  task(instance: Instance, task: PendingTask): void {
    const { executionId } = instance;
    // A turn that ends its instance may have scheduled tasks. They run, as on the real host, and their results are
    // dropped.
    const isLast = isEnded(instance.status);
    const isCurrent = (): boolean =>
      isLast
        ? !this.#stopped
        : this.#isCurrent(instance) && instance.executionId === executionId && instance.tasks.get(task.id) === task;
    const run = async (): Promise<void> => {
      if (isCurrent()) await this.#activity(instance, executionId, task, isCurrent);
    };
    this.durable(instance.seq).then(() => this.#activities.add(run), ignoreHalt);
  }

  timer(instance: Instance, id: number, fireAt: string): void {
    // A cancelled timer stays until it is due, so it must not hold an instance that has ended.
    const { id: instanceId, executionId } = instance;
    const now = this.clock.now().getTime();
    const at = Date.parse(fireAt);
    const due = timerDue({ at, now, early: instance.early?.includes(id) === true }, this.settings);
    this.#alarm.at(due, () => {
      const current = this.hub.instances.get(instanceId);
      if (current?.executionId === executionId && this.#isCurrent(current))
        this.hub.fireTimer(current, id, this.clock.now().toISOString());
    });
  }

  replaced(instance: Instance, by: ExecutionStartedEvent): void {
    this.notice(instance, replacedByChild(by));
  }

  unreadable(id: string, error: Error): void {
    this.#notices.unreadable(id, error);
  }

  notice(instance: Instance, notice: Notice): void {
    this.#notices.notice(instance, notice);
  }

  #takeUp(instance: Instance): void {
    if (isEnded(instance.status)) return;
    for (const task of instance.tasks.values()) this.task(instance, task);
    for (const [id, fireAt] of instance.timers) this.timer(instance, id, fireAt);
    if (instance.inbox.length > 0 || (instance.entity !== undefined && mayRun(instance.entity))) this.ready(instance);
  }

  #isCurrent(instance: Instance): boolean {
    return !this.#stopped && this.hub.instances.get(instance.id) === instance && !isEnded(instance.status);
  }

  async #turn(instance: Instance): Promise<void> {
    let pause = 0;
    try {
      if (!this.#isCurrent(instance)) return;
      const record = await (isEntity(instance) ? this.#entityTurn(instance) : this.#orchestrationTurn(instance));
      if (record !== undefined && this.#isCurrent(instance)) this.commit(record);
      this.#failures.delete(instance.id);
    } catch (error) {
      pause = this.#pauseAfter(instance, error);
    } finally {
      this.#afterTurn(instance, pause);
    }
  }

  async #orchestrationTurn(instance: Instance): Promise<HubRecord | undefined> {
    const result = await orchestrationTurn(this, instance);
    if (result === 'rejected') {
      this.notice(instance, versionNotRun(instance.version, this.settings));
      instance.inbox = instance.inbox.map((message) => ({ ...message, due: Number.POSITIVE_INFINITY }));
      return undefined;
    }
    if (result !== 'nothing') return result;
    instance.inbox = [];
    return undefined;
  }

  async #entityTurn(instance: Instance): Promise<HubRecord | undefined> {
    // All messages of one turn have come by then. What comes while the journal is written, such as the calls of a child
    // that the same turn started, is another batch.
    await Promise.resolve();
    const arrived = [...instance.inbox];
    await this.durable(instance.seq);
    return entityTurn(this, instance, arrived);
  }

  /** The host itself failed: the turn is repeated later with the same messages. */
  #pauseAfter(instance: Instance, error: unknown): number {
    const count = (this.#failures.get(instance.id) ?? 0) + 1;
    this.#failures.set(instance.id, count);
    const text = error instanceof Error ? error.message : String(error);
    if (!this.#stopped)
      this.#log.error(`Instance '${instance.id}' (${instance.name}): a turn failed and is retried: ${text}`, {
        instanceId: instance.id,
      });
    return Math.min(retryPause.first * 2 ** (count - 1), retryPause.longest);
  }

  #afterTurn(instance: Instance, pause: number): void {
    instance.busy = false;
    // An entity may have more requests than a batch takes.
    const hasRequests = instance.entity !== undefined && mayRun(instance.entity);
    if (!this.#isCurrent(instance) || (instance.inbox.length === 0 && !hasRequests)) return;
    const now = this.clock.now().getTime();
    if (pause > 0) {
      this.#alarm.at(now + pause, () => this.ready(instance));
      return;
    }
    const due = hasRequests ? now : Math.min(...instance.inbox.map((message) => message.due ?? 0));
    if (due <= now) this.ready(instance);
    else if (Number.isFinite(due)) this.#alarm.at(due, () => this.ready(instance));
  }

  async #activity(instance: Instance, executionId: string, task: PendingTask, isCurrent: () => boolean): Promise<void> {
    try {
      const e = await runActivity(
        {
          app: this.app,
          functions: this.functions,
          now: () => this.now(),
          report: (message, key) => this.#quirks.report(message, { instanceId: instance.id }, key),
        },
        instance.id,
        task,
      );
      if (!isCurrent() || isEnded(instance.status)) return;
      this.commit({ k: 'message', i: instance.id, m: { n: this.nextMessageNumber(), x: executionId, e } });
    } catch (error) {
      if (this.#stopped) return;
      const text = error instanceof Error ? error.message : String(error);
      this.#log.error(`Activity '${task.name}' of '${instance.id}' could not be run and is retried: ${text}`);
      this.#alarm.at(this.clock.now().getTime() + retryPause.first, () => {
        if (isCurrent()) this.task(instance, task);
      });
    }
  }

  #halt(error: Error): void {
    this.#stopped = true;
    this.#log.error(`${error.message}. The durable engine has stopped; nothing that was acknowledged is lost.`);
  }
}

/** The journal has failed, which `onFailure` has reported. */
function ignoreHalt(): void {}
