import type { ServerResponse } from 'node:http';
import type { Activity } from './activity.js';
import { Followers } from './followers.js';
import type { ClockMode, ClockRegistration } from './messages.js';
import { timelineFrom, type TimelineClock } from './timelineClock.js';

/** A setting that this clock does not support. The message says why. */
export class ClockSettingError extends Error {
  override readonly name = 'ClockSettingError';
}

/** The end of a jump: `busy` names the processes that stopped it. */
export interface JumpEnd {
  readonly now: string;
  /** Number of due times that the jump stopped at. */
  readonly stops: number;
  readonly busy?: readonly string[];
}

/** Maximum milliseconds of local time per real millisecond. */
const MAX_SCALE = 1_000_000;

/** A pace at which time effectively stands still, in milliseconds per millisecond. */
export const STANDING = 1e-9;

/** Options of a clock that jumps. */
export interface LocalTimeOptions {
  /**
   * Time stands still between jumps, so that a run does not depend on the speed of the machine. Default: time continues
   * at its pace.
   */
  standing?: boolean;
  /** The activity of this process, if it takes part itself. */
  activity?: Activity;
}

/** The time of all processes that follow one clock: its mode, and jumps from one due time to the next. */
export class LocalTime {
  readonly #clock: TimelineClock;
  readonly #followers = new Followers();
  /** Pace between jumps, in milliseconds per real millisecond. */
  #pace: number;
  readonly #activity: Activity | undefined;
  #mode: ClockMode;
  /** Settings and jumps, one at a time. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    clock: TimelineClock,
    mode: Exclude<ClockMode, 'real'>,
    { standing = false, activity }: LocalTimeOptions = {},
  ) {
    this.#clock = clock;
    this.#mode = mode;
    this.#pace = standing ? STANDING : 1;
    this.#activity = activity;
  }

  state(): { mode: ClockMode; now: string; scale: number; processes: readonly ClockRegistration[] } {
    const { scale } = this.#clock.timeline;
    return { mode: this.#mode, now: this.#clock.now().toISOString(), scale, processes: this.#followers.registered };
  }

  /** Requests to this server do not count as activity of this process. */
  disregard(server: object): void {
    this.#activity?.disregard(server);
  }

  register(report: ClockRegistration): void {
    this.#followers.register(report);
  }

  addFollower(name: string, stream: ServerResponse): void {
    this.#followers.add(name, stream, { kind: 'time', timeline: this.#clock.timeline, hold: false });
  }

  /**
   * Sets mode, pace and time. When it resolves, all processes have them.
   * @param scale milliseconds per real millisecond; of a clock that jumps, its pace between jumps (default: unchanged)
   * @throws {ClockSettingError}
   */
  set({
    mode,
    scale = mode === 'jumping' ? this.#pace : 1,
    now,
  }: {
    mode: ClockMode;
    scale?: number | undefined;
    now?: string | undefined;
  }): Promise<void> {
    return this.#inTurn(async () => {
      const current = this.#clock.milliseconds();
      const next = now === undefined ? current : Date.parse(now);
      if (Number.isNaN(next)) throw new ClockSettingError(`'${now ?? ''}' is not an ISO 8601 time.`);
      if (next < current)
        throw new ClockSettingError(`Time moves forward only. It is now ${new Date(current).toISOString()}.`);
      if (mode === 'real' && next !== current) throw new ClockSettingError('In real time, now cannot be set.');
      if (mode === 'real' && scale !== 1) throw new ClockSettingError('In real time, scale cannot be set.');
      if (!(scale > 0 && scale <= MAX_SCALE))
        throw new ClockSettingError(`scale must be a number above 0 and up to ${MAX_SCALE}.`);
      this.#mode = mode;
      if (mode === 'jumping') this.#pace = scale;
      await this.#move(next, scale);
    });
  }

  /**
   * Jumps to a time, from one due time to the next. At each due time it waits until all processes are idle again.
   * @param to ISO 8601; without it, the jump ends at the next due time
   * @param within real milliseconds after which it gives up
   * @throws {ClockSettingError} if the mode is not `jumping` or `to` is not a time
   */
  jump({ to, within }: { to?: string | undefined; within: number }): Promise<JumpEnd> {
    return this.#inTurn(async () => {
      if (this.#mode !== 'jumping') throw new ClockSettingError(`A clock in mode '${this.#mode}' does not jump.`);
      const end = to === undefined ? undefined : Date.parse(to);
      if (end !== undefined && Number.isNaN(end)) throw new ClockSettingError(`'${to ?? ''}' is not an ISO 8601 time.`);
      const deadline = performance.now() + within;
      let stops = 0;
      const ended = (busy?: readonly string[]): JumpEnd => ({
        now: this.#clock.now().toISOString(),
        stops,
        ...(busy === undefined ? {} : { busy }),
      });
      for (let arrived = false; ;) {
        const due = await this.#nextDue(deadline - performance.now());
        if (Array.isArray(due)) return ended(due);
        const isLast = end !== undefined && (due === undefined || due > end);
        const target = isLast ? end : due;
        if (arrived || target === undefined) return ended();
        if (performance.now() > deadline) return ended(this.#dueBy(target));
        if (target > this.#clock.milliseconds()) {
          await this.#move(target, this.#pace);
          if (!isLast) stops += 1;
        }
        arrived = isLast || end === undefined;
      }
    });
  }

  async close(): Promise<void> {
    this.#followers.close();
    await this.#queue.catch(() => undefined);
  }

  /**
   * Gives all processes the new time before any timer runs. Otherwise a process could receive a message that another
   * one sent at a later time than its own.
   */
  async #move(now: number, scale: number): Promise<void> {
    const timeline = timelineFrom(now, scale);
    this.#clock.follow(timeline, { hold: true });
    await this.#followers.notifyAll({ kind: 'time', timeline, hold: true });
    this.#clock.release();
    await this.#followers.notifyAll({ kind: 'release' });
  }

  /**
   * The first due time once all processes are idle, or the names of those that are not idle in time. It asks all of
   * them until nothing has happened between two rounds, because a process may wake another that has already answered.
   */
  async #nextDue(within: number): Promise<number | undefined | string[]> {
    const timedOut = Symbol('timed out');
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<typeof timedOut>((resolve) => {
      timer = setTimeout(() => resolve(timedOut), Math.max(0, within));
    });
    try {
      let before = '';
      for (;;) {
        await Promise.race([this.#activity?.idle(), timeout]);
        const answers = await Promise.race([this.#followers.notifyAll({ kind: 'ask' }), timeout]);
        if (answers === timedOut) return this.#silent();
        const busy = this.#followers.registered.filter(({ idle }) => !idle);
        if (busy.length > 0) return busy.map(({ name }) => name);
        const seen = JSON.stringify([this.#activity?.seen, ...answers.map(({ name, seen: count }) => [name, count])]);
        if (seen === before) break;
        before = seen;
      }
      const own = this.#clock.nextDue()?.getTime();
      const theirs = this.#followers.registered.flatMap(({ nextDue }) =>
        nextDue === null ? [] : [Date.parse(nextDue)],
      );
      const first = Math.min(...theirs, own ?? Number.POSITIVE_INFINITY);
      return Number.isFinite(first) ? first : undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Names of the processes that have not answered, or of this one if all others have. */
  #silent(): string[] {
    const others = this.#followers.silent();
    return others.length > 0 || this.#activity === undefined ? others : ['this process'];
  }

  /** Names of the processes that are due at a time or before it. */
  #dueBy(time: number): string[] {
    return this.#followers.registered
      .filter(({ nextDue }) => nextDue !== null && Date.parse(nextDue) <= time)
      .map(({ name }) => name);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work);
    this.#queue = next.catch(() => undefined);
    return next;
  }
}
