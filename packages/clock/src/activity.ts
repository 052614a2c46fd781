/**
 * Detects whether this process is working, apart from the clock's timers: requests in or out, files, and work that it
 * reports itself.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';

/**
 * Event loop resources that mean work in progress. Real timeouts do not count, because open sockets always have them.
 */
const working =
  /^(FSReq|CloseReq|GetAddrInfo|GetNameInfo|ConnectWrap|TCPConnectWrap|WriteWrap|Immediate|ZlibWrap|CryptoJob)/i;

/**
 * Real milliseconds without work before a process counts as idle. It must be longer than the pauses within one piece of
 * work. A shorter time is safe if nothing else loads the machine.
 */
const idleAfter = Number(process.env['LOCAL_CLOCK_SETTLE_MS'] ?? 20);
/** Real milliseconds between two checks for work. */
const checkInterval = Math.min(4, idleAfter / 2);

/** Rounds of the event loop without work after which this process counts as idle, if no other process takes part. */
const quietRounds = 12;
/** Rounds with work in progress after which other processes get the processor for a moment. */
const patientRounds = 200;

/** Options of the activity detection. */
export interface ActivityOptions {
  /** True if no other process takes part, so that no message is ever in transit unseen and no real time has to pass. */
  alone?: boolean;
}

/** Counts work in progress from its construction on. */
export class Activity {
  #underWay = 0;
  #seen = 0;
  readonly #alone: boolean;
  readonly #own = new WeakSet<object>();

  constructor({ alone = false }: ActivityOptions = {}) {
    this.#alone = alone;
    const isOther = (request: object): boolean => !this.#own.has(request);
    subscribe('http.server.request.start', (message) => {
      const { response, server } = message as { response: EventEmitter; server: object };
      if (isOther(server)) this.#until(response);
    });
    subscribe('http.client.request.start', (message) => {
      const { request } = message as { request: EventEmitter };
      if (isOther(request)) this.#until(request);
    });
    const fetches = new WeakSet<object>();
    subscribe('undici:request:create', (message) => {
      fetches.add((message as { request: object }).request);
      this.#begin();
    });
    const fetched = (message: unknown): void => {
      if (fetches.delete((message as { request: object }).request)) this.#end();
    };
    subscribe('undici:request:trailers', fetched);
    subscribe('undici:request:error', fetched);
  }

  /** Number of starts and ends of work so far. If it has not changed, nothing has happened. */
  get seen(): number {
    return this.#seen;
  }

  /** Excludes the clock's own requests or server from the activity. */
  disregard(own: object): void {
    this.#own.add(own);
  }

  /** Counts as activity until the work has ended. */
  async working<T>(work: Promise<T>): Promise<T> {
    this.#begin();
    try {
      return await work;
    } finally {
      this.#end();
    }
  }

  /** Resolves when no work has been in progress for {@link idleAfter}, or for {@link quietRounds}. */
  async idle(): Promise<void> {
    if (this.#alone) return this.#idleAlone();
    let quiet = 0;
    let seen = this.#seen;
    let since = performance.now();
    while (quiet < idleAfter) {
      await new Promise((resolve) => setTimeout(resolve, checkInterval));
      if (this.#busy() || seen !== this.#seen) {
        seen = this.#seen;
        since = performance.now();
      }
      quiet = performance.now() - since;
    }
  }

  async #idleAlone(): Promise<void> {
    let seen = this.#seen;
    for (let quiet = 0, round = 1; quiet < quietRounds; round += 1) {
      await (round % patientRounds === 0
        ? new Promise((resolve) => setTimeout(resolve, 1))
        : new Promise(setImmediate));
      if (this.#underWay === 0 && seen === this.#seen) quiet += 1;
      else quiet = 0;
      seen = this.#seen;
      // Checked last, because it takes longer than the rounds.
      if (quiet === quietRounds && this.#busy()) quiet = 0;
    }
  }

  #busy(): boolean {
    return this.#underWay > 0 || process.getActiveResourcesInfo().some((name) => working.test(name));
  }

  #until(work: EventEmitter): void {
    this.#begin();
    work.once('close', () => this.#end());
  }

  #begin(): void {
    this.#underWay += 1;
    this.#seen += 1;
  }

  #end(): void {
    this.#underWay -= 1;
    this.#seen += 1;
  }
}
