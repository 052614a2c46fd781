/** The process of a host as its test sees it: orders, reports, log and end. */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { LogLine } from './functionsHost.js';
import { FunctionsHostError } from './functionsHostError.js';
import { packed, reportIn, type Moment, type Order, type Report } from './messages.js';

/** Lines of the log that are kept. */
const maxLines = 10_000;
/** Lines of the log that an error quotes. */
const quotedLines = 10;

/** Real milliseconds in which the end of a process is known, after its connections have broken. */
const endKnownWithin = 1000;

type Serving = Extract<Report, { kind: 'serving' }>;

/**
 * The compiled program, also if this file runs from its source.
 * @throws FunctionsHostError if this file was bundled into another folder
 */
function program(): string {
  const start = path.dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'dist', 'testing', 'child.js');
    if (existsSync(file)) return file;
    if (folder === path.dirname(folder))
      throw new FunctionsHostError(`No dist/testing/child.js above ${start}. Leave this package out of bundles.`);
  }
}

/** A host in a child process. While nothing waits for it, it does not keep this process alive. */
export class HostProcess {
  readonly log: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #onLog: ((line: LogLine) => void) | undefined;
  readonly #asked = new Map<number, (moment: Moment) => void>();
  readonly #ended: Promise<void>;
  #served: (serving: Serving) => void = () => undefined;
  #failure = '';
  #number = 0;
  #waiting = 0;
  #isOver = false;

  constructor(options: {
    readonly nodeArguments: readonly string[];
    readonly env: NodeJS.ProcessEnv;
    readonly onLog: ((line: LogLine) => void) | undefined;
  }) {
    this.#onLog = options.onLog;
    this.#child = fork(program(), {
      execArgv: [...options.nodeArguments],
      env: options.env,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message) => this.#receive(reportIn(message)));
    // What the app writes past its console, and what Node.js itself reports.
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (part: Buffer) => this.#keep('Host.Function.Output', part.toString().trimEnd()));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#end(error.message, resolve));
      this.#child.once('close', (code, signal) =>
        this.#end(code === null ? `the signal ${signal ?? ''}` : `exit code ${code}`, resolve),
      );
    });
    this.#hold(false);
  }

  /** Starts the host. @throws FunctionsHostError if it does not serve within so many milliseconds */
  async start(order: Extract<Order, { kind: 'start' }>, within: number): Promise<Serving> {
    let tooLate: NodeJS.Timeout | undefined;
    const served = new Promise<Serving>((resolve, reject) => {
      this.#served = resolve;
      const late = `The host did not serve within ${within} ms.`;
      tooLate = setTimeout(() => reject(new FunctionsHostError(`${late}${this.#quoted()}`)), within);
      this.#child.send(packed(order), () => undefined);
    });
    try {
      return await this.run(() => served);
    } finally {
      clearTimeout(tooLate);
    }
  }

  /** The time of the host, milliseconds since the epoch. */
  async time(): Promise<number> {
    return (await this.#ask((number) => ({ kind: 'time', number }))).now;
  }

  /** Jumps to a time, or to the next due one. */
  jump(to: number | undefined, within: number): Promise<Moment> {
    return this.#ask((number) => ({ kind: 'jump', number, within, ...(to === undefined ? {} : { to }) }));
  }

  /** Runs work that needs the host. @throws FunctionsHostError if the host ends before it, or has ended */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isOver) throw this.#endError();
    return this.#wait(work());
  }

  /** Ends the host in order; after so many milliseconds, at once. Resolves when it has ended. */
  async stop(within: number): Promise<void> {
    if (!this.#isOver) this.#child.send(packed({ kind: 'stop' }), () => undefined);
    const late = setTimeout(() => this.#child.kill('SIGKILL'), within);
    this.#hold(true);
    await this.#ended;
    clearTimeout(late);
  }

  /** Ends the host at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#hold(true);
    await this.#ended;
  }

  #ask(order: (number: number) => Order): Promise<Moment> {
    this.#number += 1;
    const number = this.#number;
    return this.run(
      () =>
        new Promise((resolve) => {
          this.#asked.set(number, resolve);
          this.#child.send(packed(order(number)), () => undefined);
        }),
    );
  }

  #receive(report: Report | undefined): void {
    switch (report?.kind) {
      case 'log':
        this.#add(report.line);
        break;
      case 'serving':
        this.#served(report);
        break;
      case 'failed':
        this.#failure = report.message;
        break;
      case 'time':
        this.#asked.get(report.number)?.(report);
        this.#asked.delete(report.number);
        break;
      case undefined:
        break;
    }
  }

  #keep(category: string, message: string): void {
    if (message !== '') this.#add({ time: new Date(), level: 'information', category, message });
  }

  #add(line: LogLine): void {
    this.log.push(line);
    if (this.log.length > maxLines) this.log.shift();
    this.#onLog?.(line);
  }

  /** Waits for work of the host, which keeps this process alive in the meantime. */
  async #wait<T>(work: Promise<T>): Promise<T> {
    const ended = this.#ended.then(() => Promise.reject(this.#endError()));
    // Nobody may be waiting when the host ends.
    ended.catch(() => undefined);
    this.#waiting += 1;
    this.#hold(true);
    try {
      return await Promise.race([ended, work]);
    } catch (error) {
      // A connection breaks a moment before the end of its host is known.
      if (error instanceof TypeError) await Promise.race([this.#ended, pause(endKnownWithin)]);
      throw this.#isOver ? this.#endError() : error;
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#hold(false);
    }
  }

  #hold(keepsAlive: boolean): void {
    const { channel, stdout, stderr } = this.#child;
    const change = keepsAlive ? 'ref' : 'unref';
    this.#child[change]();
    channel?.[change]();
    for (const stream of [stdout, stderr]) if (stream instanceof Socket) stream[change]();
  }

  #end(how: string, resolve: () => void): void {
    this.#isOver = true;
    if (this.#failure === '') this.#failure = `The host has ended with ${how}.${this.#quoted()}`;
    resolve();
  }

  #endError(): FunctionsHostError {
    return new FunctionsHostError(this.#failure);
  }

  #quoted(): string {
    const last = this.log
      .slice(-quotedLines)
      .map(({ level, category, message }) => `  ${level} ${category}: ${message}`);
    return last.length === 0 ? '' : ` The last lines of its log:\n${last.join('\n')}`;
  }
}
