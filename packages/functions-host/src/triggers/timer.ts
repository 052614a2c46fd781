/**
 * Timer triggers: one listener per function, which fires, keeps the schedule's status and retries as the real host
 * does.
 */
import type { HostClock, HostTimer } from '../hostClock.js';
import type { HostLog } from '../log/log.js';
import type { AppFunction, LoadedApp } from '../worker/app.js';
import { invocationError } from '../worker/errors.js';
import type { RpcInvocation } from '../worker/rpc.js';
import { retryPolicy } from './retry.js';
import type { TimerSchedule } from './schedule.js';
import { statusJson, type ScheduleStatus, type ScheduleStore } from './scheduleStatus.js';

export interface TimerOptions {
  readonly app: LoadedApp;
  readonly fn: AppFunction;
  readonly schedule: TimerSchedule;
  readonly store: ScheduleStore;
  readonly clock: HostClock;
  readonly log: HostLog;
}

/** A running listener. */
export interface TimerListener {
  /** Runs the function now, independently of its schedule (POST /admin/functions/NAME). */
  runNow(): Promise<void>;
  /** Stops the schedule. Resolves when a running occurrence has ended. */
  stop(): Promise<void>;
}

type Cause = 'schedule' | 'pastDue' | 'startup';

/** Starts the listener of one timer function. */
export async function startTimer(options: TimerOptions): Promise<TimerListener> {
  const listener = new Listener(options);
  await listener.start();
  return listener;
}

class Listener implements TimerListener {
  readonly #options: TimerOptions;
  readonly #monitored: boolean;
  #status: ScheduleStatus = { last: undefined, next: undefined, lastUpdated: undefined };
  #pending: HostTimer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  readonly #pauses = new Set<() => void>();

  constructor(options: TimerOptions) {
    this.#options = options;
    const trigger = options.fn.bindings[options.fn.triggerName];
    this.#monitored = trigger?.['useMonitor'] !== false && options.schedule.canBeMonitored;
  }

  async start(): Promise<void> {
    const { clock, fn, schedule, log } = this.#options;
    const now = clock.now();
    const kept = this.#monitored ? await this.#keptStatus(now) : undefined;
    // Without a kept status the function gets the status of one that has never run, even if the first status has just
    // been written.
    this.#status = kept ?? { last: undefined, next: schedule.next(now), lastUpdated: undefined };
    const pastDue = kept?.next !== undefined && now > kept.next;
    log.debug(`The '${fn.name}' timer is using the schedule '${schedule.text}'`, { functionName: fn.name });
    if (pastDue) this.#fireSoon('pastDue');
    else if (fn.bindings[fn.triggerName]?.['runOnStartup'] === true) this.#fireSoon('startup');
    else this.#arm();
  }

  /** The stored status, corrected if the schedule has changed since. The first status is only written. */
  async #keptStatus(now: Date): Promise<ScheduleStatus | undefined> {
    const { fn, schedule, store } = this.#options;
    const kept = await store.get(fn.name);
    if (kept === undefined) {
      await store.set(fn.name, { last: undefined, next: schedule.next(now), lastUpdated: now });
      return undefined;
    }
    const since = kept.last ?? kept.lastUpdated ?? now;
    const expected = schedule.next(since);
    if (kept.next?.getTime() === expected?.getTime()) return kept;
    const missed = expected !== undefined && now > expected;
    const corrected = missed
      ? { last: undefined, next: schedule.next(now), lastUpdated: now }
      : { last: undefined, next: expected, lastUpdated: since };
    await store.set(fn.name, corrected);
    return corrected;
  }

  #fireSoon(cause: Cause): void {
    this.#pending = this.#options.clock.setTimer(this.#options.clock.now(), () => this.#fire(cause));
  }

  #arm(): void {
    const { next } = this.#status;
    if (this.#stopped || next === undefined) return;
    this.#pending = this.#options.clock.setTimer(next, () => this.#fire('schedule'));
  }

  #fire(cause: Cause): void {
    if (this.#stopped) return;
    this.#running = this.#running
      .then(() => this.#occurrence(cause))
      .catch((error: unknown) => this.#options.log.error(`timer '${this.#options.fn.name}': ${String(error)}`))
      .then(() => this.#arm());
  }

  async #occurrence(cause: Cause): Promise<void> {
    const { clock, fn, schedule, store } = this.#options;
    const invokedAt = clock.now();
    await this.#invoke(this.#monitored ? this.#status : undefined, cause);
    // It fired a little early. Count the next occurrence from the due time, or it would run twice.
    const due = this.#status.next;
    const counted = cause === 'schedule' && due !== undefined && due > invokedAt ? due : invokedAt;
    this.#status = { last: counted, next: schedule.next(counted), lastUpdated: counted };
    if (this.#monitored) await store.set(fn.name, this.#status);
  }

  async runNow(): Promise<void> {
    const status = this.#monitored ? await this.#options.store.get(this.#options.fn.name) : undefined;
    await this.#invoke(status, undefined);
  }

  /** The worker logs a failing function. It must not end the schedule. */
  async #invoke(status: ScheduleStatus | undefined, cause: Cause | undefined): Promise<void> {
    const { app, fn, schedule, clock, log } = this.#options;
    const input = {
      Schedule: { AdjustForDST: schedule.adjustForDst },
      ScheduleStatus: status === undefined ? null : statusJson(status),
      IsPastDue: cause === 'pastDue',
    };
    if (cause === 'pastDue') log.debug(`The '${fn.name}' timer is past due.`, { functionName: fn.name });
    const policy = retryPolicy(fn.name, fn.metadata.retryOptions);
    let failure: unknown;
    for (let attempt = 0; ; attempt += 1) {
      const invocation: RpcInvocation = {
        inputData: [{ name: fn.triggerName, data: { json: JSON.stringify(input) } }],
        triggerMetadata: { TimerTrigger: { string: clock.now().toISOString() } },
        traceContext: { traceParent: '', traceState: '', attributes: {} },
        reason:
          cause === undefined
            ? 'This function was programmatically called via the host APIs.'
            : `Timer fired at ${clock.now().toISOString()}`,
        ...(policy === undefined ? {} : { retryContext: policy.context(attempt, failure) }),
      };
      try {
        await app.invoke(fn.name, invocation);
        return;
      } catch (error) {
        failure = invocationError(error);
        if (this.#stopped || policy === undefined || !policy.mayRetry(attempt)) return;
        await this.#pause(policy.delay(attempt));
        if (this.#stopped) return;
      }
    }
  }

  #pause(milliseconds: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.setTimer(new Date(clock.now().getTime() + milliseconds), () => end());
      const end = (): void => {
        timer.cancel();
        this.#pauses.delete(end);
        resolve();
      };
      this.#pauses.add(end);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pending?.cancel();
    for (const end of this.#pauses) end();
    await this.#running;
  }
}
