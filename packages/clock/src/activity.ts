/**
 * Whether this process has something to do that is not a timer of the clock: requests in or out, files, and what it says itself.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';

/** Resources of the event loop that mean work under way. Real timeouts do not count: sockets have theirs for ever. */
const working =
  /^(FSReq|CloseReq|GetAddrInfo|GetNameInfo|ConnectWrap|TCPConnectWrap|WriteWrap|Immediate|ZlibWrap|CryptoJob)/i;

/**
 * Real milliseconds without anything before a process counts as idle: longer than the pauses inside one piece of work. Whoever
 * knows that the machine has time to spare may set fewer.
 */
const settle = Number(process.env['LOCAL_CLOCK_SETTLE_MS'] ?? 20);
const look = Math.min(4, settle / 2);

/** Rounds of the event loop without anything that are as good, where all parties live in this process. */
const quietRounds = 12;
/** After so many rounds with something under way the processor is left to others for a moment. */
const patientRounds = 200;

/** What there may be to say about how a process works. */
export interface ActivityOptions {
  /** Nobody outside this process takes part, so that nothing is ever on its way unseen: no real time has to pass. */
  alone?: boolean;
}

/** Counts what is under way, from its making on. */
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

  /** How many things have begun. When it has not changed, nothing has happened. */
  get seen(): number {
    return this.#seen;
  }

  /** A request of the clock's own, or its server, which are no activity. */
  disregard(own: object): void {
    this.#own.add(own);
  }

  /** Counts as activity until it has ended. */
  async working<T>(work: Promise<T>): Promise<T> {
    this.#begin();
    try {
      return await work;
    } finally {
      this.#end();
    }
  }

  /** Resolves when nothing has been under way for a while. */
  async idle(): Promise<void> {
    if (this.#alone) return this.#idleAlone();
    let quiet = 0;
    let seen = this.#seen;
    let since = performance.now();
    while (quiet < settle) {
      await new Promise((resolve) => setTimeout(resolve, look));
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
      // Looked at last, since it takes longer than the rounds.
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
