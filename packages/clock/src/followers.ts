import type { ServerResponse } from 'node:http';
import type { ClockMessage, ClockRegistration } from './messages.js';

type Unnumbered = ClockMessage extends infer One ? (One extends ClockMessage ? Omit<One, 'number'> : never) : never;

interface Follower {
  readonly name: string;
  readonly stream: ServerResponse;
  readonly waiting: Map<number, (answer: ClockRegistration | undefined) => void>;
}

/** The processes that the clock knows: those that follow its stream, and those that only report their state. */
export class Followers {
  readonly #followers = new Map<string, Follower>();
  readonly #registered = new Map<string, ClockRegistration>();
  #number = 0;

  /** The last report of each process. */
  get registered(): readonly ClockRegistration[] {
    return [...this.#registered.values()];
  }

  /** Keeps the stream until its process ends. A new stream of the same name replaces it. */
  add(name: string, stream: ServerResponse, first: Unnumbered): void {
    const follower: Follower = { name, stream, waiting: new Map() };
    this.#followers.get(name)?.stream.end();
    this.#followers.set(name, follower);
    stream.writeHead(200, { 'content-type': 'application/x-ndjson' });
    void this.#notify(follower, first);
    stream.once('close', () => {
      for (const answered of follower.waiting.values()) answered(undefined);
      follower.waiting.clear();
      if (this.#followers.get(name) !== follower) return;
      this.#followers.delete(name);
      this.#registered.delete(name);
    });
  }

  /** Keeps the report of a process, and passes it to the call that waits for this answer. */
  register(report: ClockRegistration): void {
    const { answers, ...known } = report;
    this.#registered.set(report.name, known);
    if (answers === undefined) return;
    const waiting = this.#followers.get(report.name)?.waiting;
    const answered = waiting?.get(answers);
    waiting?.delete(answers);
    answered?.(report);
  }

  /**
   * Sends a message to all processes and resolves when all have answered. It does not wait for a process that ends in
   * the meantime.
   */
  async notifyAll(message: Unnumbered): Promise<ClockRegistration[]> {
    const answers = await Promise.all([...this.#followers.values()].map((follower) => this.#notify(follower, message)));
    return answers.filter((answer) => answer !== undefined);
  }

  /** Names of the processes that have not answered yet. */
  silent(): string[] {
    return [...this.#followers.values()].filter(({ waiting }) => waiting.size > 0).map(({ name }) => name);
  }

  close(): void {
    for (const { stream } of this.#followers.values()) stream.end();
  }

  #notify(follower: Follower, message: Unnumbered): Promise<ClockRegistration | undefined> {
    this.#number += 1;
    const number = this.#number;
    return new Promise((resolve) => {
      follower.waiting.set(number, resolve);
      follower.stream.write(`${JSON.stringify({ ...message, number })}\n`);
    });
  }
}
