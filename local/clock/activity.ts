/**
 * Whether this process has something to do that is not a timer of the clock: requests in or out, files, and what it says itself.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';

/** Resources of the event loop that mean work under way. Real timeouts do not count: sockets have theirs for ever. */
const working =
  /^(FSReq|CloseReq|GetAddrInfo|GetNameInfo|ConnectWrap|TCPConnectWrap|WriteWrap|Immediate|ZlibWrap|CryptoJob)/i;

/** Real milliseconds without anything before a process counts as idle: longer than the pauses inside one piece of work. */
const settle = 20;
const look = 4;

/** Counts what is under way, from its making on. */
export class Activity {
  #underWay = 0;
  #seen = 0;
  readonly #own = new WeakSet<object>();

  constructor() {
    const isOther = (request: object): boolean => !this.#own.has(request);
    subscribe('http.server.request.start', (message) => {
      this.#until((message as { response: EventEmitter }).response);
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

  /** A request of the clock's own, which is no activity. */
  disregard(request: object): void {
    this.#own.add(request);
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
