import { signal, type ReadonlySignal } from '@preact/signals';
import { quietPause } from '@connected-registry/protocol/requests/quietPause';
import type { Answer } from './api.js';
import { FaultError, type Fault } from './fault.js';

/** Time and visibility as a poll sees them; tests have their own. */
export interface PollWorld {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls once after some milliseconds. @returns a function that takes it back */
  after(milliseconds: number, call: () => void): () => void;
  isVisible(): boolean;
  /** Calls whenever the page gets visible or hidden. @returns a function that ends it */
  onVisibility(call: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
}

/** What is known of something that is polled. */
export interface Polling<T> {
  /** The latest; it stays while later requests fail. */
  readonly value?: T;
  /** When `value` was true, in milliseconds: when it was read, or earlier, if the app says how old it was by then. */
  readonly readAt?: number;
  /** When the app last answered that `value` is what there is, in milliseconds, however old it was by then. */
  readonly answeredAt?: number;
  /** Why the last request failed; absent after one that did not. */
  readonly fault?: Fault;
  /** When it is asked for again after a fault, in milliseconds. */
  readonly retryAt?: number;
  /** The request under way takes longer than usual. */
  readonly isSlow?: true;
}

const SLOW_AFTER = 4000;
const FIRST_RETRY = 5000;
const MAX_PAUSE = 300_000;
/**
 * Whatever an answer asks for. A browser's timer of more than 24 days is over at once, and would ask without a pause.
 */
const MAX_RETRY_AFTER = 3_600_000;
/** Pages that were opened together do not ask together forever: a pause is up to this share longer. */
const SPREAD = 0.2;

/**
 * The pause before the next request, in milliseconds.
 * @param failures in a row
 * @param retryAfter seconds that an answer asked for
 */
export function pauseAfter(every: number, failures: number, random: number, retryAfter = 0): number {
  const pause = failures === 0 ? every : Math.min(Math.min(every, FIRST_RETRY) * 2 ** (failures - 1), MAX_PAUSE);
  return Math.max(pause, Math.min(retryAfter * 1000, MAX_RETRY_AFTER)) * (1 + SPREAD * random);
}

/**
 * Asks for something again and again, while somebody looks at it and the page is visible. Pauses grow while nothing
 * changes, and double after faults.
 * Nothing is asked for while a request is under way.
 */
export class Polled<T> {
  readonly #state = signal<Polling<T>>({});
  readonly state: ReadonlySignal<Polling<T>> = this.#state;
  #watchers = 0;
  #failures = 0;
  #unchanged = 0;
  #etag: string | undefined;
  #nextAt = 0;
  #isRunning = false;
  #mark: string | undefined;
  #cancel = () => {};
  #unsubscribe = () => {};

  /**
   * @param every milliseconds between requests while there is news
   * @param read rejects with a {@link FaultError}
   */
  constructor(
    private readonly world: PollWorld,
    private readonly every: number,
    private readonly read: (etag: string | undefined) => Promise<Answer<T>>,
  ) {}

  get isWatched(): boolean {
    return this.#watchers > 0;
  }

  /** Starts to ask, if nobody did. @returns a function that ends it */
  watch(): () => void {
    this.#watchers++;
    if (this.#watchers === 1) {
      this.#unsubscribe = this.world.onVisibility(() => this.#plan());
      this.#plan();
    }
    return () => {
      this.#watchers--;
      if (this.#watchers > 0) return;
      this.#unsubscribe();
      this.#cancel();
    };
  }

  /**
   * Asks now, unless the last request was for the same mark.
   *
   * @param mark changes with what is asked for
   * @returns whether it asks
   */
  refreshFor(mark: string): boolean {
    if (mark === this.#mark) return false;
    const isFirst = this.#mark === undefined;
    this.#mark = mark;
    // What has just been asked for, or is being asked for the first time, has this mark or a later one.
    if (isFirst && (this.#isRunning || this.#state.value.value === undefined)) return false;
    this.refresh();
    return true;
  }

  /** Asks now, as after an action. */
  refresh(): void {
    this.#failures = 0;
    this.#unchanged = 0;
    this.#nextAt = 0;
    this.#plan();
  }

  #plan(): void {
    this.#cancel();
    if (this.#watchers === 0 || this.#isRunning || !this.world.isVisible()) return;
    const pause = Math.max(0, this.#nextAt - this.world.now());
    this.#cancel = this.world.after(pause, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    this.#isRunning = true;
    this.#nextAt = Number.POSITIVE_INFINITY;
    const notSlow = this.world.after(SLOW_AFTER, () => {
      this.#state.value = { ...this.#state.value, isSlow: true };
    });
    let pause;
    try {
      const answer = await this.read(this.#etag);
      const answeredAt = this.world.now();
      const readAt = answeredAt - (answer.ageSeconds ?? 0) * 1000;
      if (answer.kind === 'value') {
        this.#etag = answer.etag;
        this.#unchanged = 0;
        this.#state.value = { value: answer.value, readAt, answeredAt };
      } else {
        this.#unchanged++;
        const { value } = this.#state.value;
        this.#state.value = { ...(value === undefined ? {} : { value }), readAt, answeredAt };
      }
      this.#failures = 0;
      pause = pauseAfter(quietPause(this.every, this.#unchanged), 0, this.world.random());
    } catch (error) {
      this.#failures++;
      const { fault, retryAfter } =
        error instanceof FaultError ? error : new FaultError({ kind: 'unexpected', status: 0 });
      pause = pauseAfter(this.every, this.#failures, this.world.random(), retryAfter);
      const { isSlow: _, ...known } = this.#state.value;
      this.#state.value = { ...known, fault, retryAt: this.world.now() + pause };
    } finally {
      notSlow();
      this.#isRunning = false;
    }
    // A refresh that was asked for in the meantime stands.
    if (this.#nextAt !== 0) this.#nextAt = this.world.now() + pause;
    this.#plan();
  }
}
