import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { compiled } from '@connected-registry/clock/files/projectRoot';

/** How a local process is started, and how it reports that it serves. */
export interface ProcessPlan {
  name: string;
  /** Compiled script, an absolute path. */
  script: string;
  args: readonly string[];
  /** Flags of Node itself. */
  nodeFlags?: readonly string[];
  /** The whole environment: nothing is inherited. */
  env: NodeJS.ProcessEnv;
  /** The first group of the ready line on stdout is the address. */
  ready: RegExp;
  /** stdout and stderr are appended to it. */
  logFile: string;
  /** Maximum milliseconds until the ready line. After that the process is ended. */
  readyWithin?: number;
}

/** Notifications of a supervisor to its owner. */
export interface ProcessObserver {
  /** A process that had died was started again. `ready` resolves once it serves, and stays pending if it dies first. */
  restarting(pid: number, ready: Promise<string>): void;
  /** It died too often without serving, and is not started again. */
  gaveUp(reason: string): void;
}

const READY_WITHIN = 120_000;
/** Milliseconds between deaths before ready. The first restart is immediate; five deaths in a row count as a fault. */
const RESTART_DELAYS = [0, 100, 300, 600, 1000];
const LOG_LINES_SHOWN = 12;

/**
 * A child process that is kept running: it is started, waited for until it serves, started again when it dies, and
 * ended by its process id. It ends by itself when this process dies (endWithParent.ts).
 */
export class SupervisedProcess {
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #deathsBeforeReady = 0;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  /** If a process dies before it serves for the first time, start() reports it; later deaths are retried. */
  #started = false;

  constructor(
    readonly plan: ProcessPlan,
    private readonly observer: ProcessObserver,
  ) {}

  /** Process id of the current process; undefined if there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts it and waits until it serves.
   *
   * @returns the address in its ready line
   * @throws with its last log lines if it ends, or is not ready in time
   */
  async start(): Promise<string> {
    this.#stopping = false;
    this.#started = false;
    this.#deathsBeforeReady = 0;
    const address = await this.#spawn();
    this.#started = true;
    return address;
  }

  /** Sends a signal, and leaves the rest to the supervisor: for tests of crashes. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Asks it to end, kills it after `grace` milliseconds, and waits for its end. */
  async stop(grace = 5000): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (!child) return;
    child.kill('SIGTERM');
    const bound = setTimeout(() => child.kill('SIGKILL'), grace);
    await this.#exited;
    clearTimeout(bound);
  }

  #spawn(): Promise<string> {
    const { plan } = this;
    mkdirSync(dirname(plan.logFile), { recursive: true });
    const log = openSync(plan.logFile, 'a', 0o600);
    // Detached: a terminal's Ctrl-C reaches only the launcher, which then stops the processes in order.
    const child = spawn(
      process.execPath,
      [
        ...(plan.nodeFlags ?? []),
        '--import',
        pathToFileURL(compiled('local-stack/stack/endWithParent.js')).href,
      ].concat(plan.script, plan.args),
      { env: plan.env, stdio: ['ignore', 'pipe', log, 'ipc'], detached: true },
    );
    this.#child = child;

    let markExited = (): void => undefined;
    this.#exited = new Promise((resolve) => (markExited = resolve));
    return new Promise<string>((resolve, reject) => {
      let served = false;
      const within = plan.readyWithin ?? READY_WITHIN;
      const tooLong = setTimeout(() => {
        reject(new Error(`${plan.name} was not ready within ${within / 1000} s.${this.#lastLogLines()}`));
        child.kill('SIGKILL');
      }, within);
      const ended = (how: string): void => {
        clearTimeout(tooLong);
        if (this.#child === child) this.#child = undefined;
        markExited();
        reject(new Error(`${plan.name} ${how} before it served.${this.#lastLogLines()}`));
        if (!served) this.#deathsBeforeReady++;
        if (this.#started && !this.#stopping) this.#startAgain(how);
      };
      child.once('error', (error) => ended(`could not be started (${error.message})`));
      child.once('exit', (code, signal) =>
        ended(signal ? `was ended by ${signal}` : `ended with exit code ${String(code)}`),
      );
      if (!child.stdout) throw new Error('A child with a piped stdout has one.');
      createInterface({ input: child.stdout })
        .on('line', (line) => {
          writeSync(log, `${line}\n`);
          const found = plan.ready.exec(line)?.[1];
          if (found === undefined || served) return;
          served = true;
          this.#deathsBeforeReady = 0;
          clearTimeout(tooLong);
          resolve(found);
        })
        .once('close', () => closeSync(log));
    });
  }

  #startAgain(how: string): void {
    const delay = RESTART_DELAYS[this.#deathsBeforeReady];
    if (delay === undefined) {
      this.observer.gaveUp(
        `${this.plan.name} ${how}, ${this.#deathsBeforeReady} times in a row before it served.${this.#lastLogLines()}`,
      );
      return;
    }
    this.#restart = setTimeout(() => {
      const ready = this.#spawn();
      ready.catch(() => undefined); // A death before ready arrives here through 'close'.
      if (this.pid !== undefined) this.observer.restarting(this.pid, ready);
    }, delay);
  }

  #lastLogLines(): string {
    let lines: string[] = [];
    try {
      // Stack traces are in the log itself; the message is enough here.
      const all = readFileSync(this.plan.logFile, 'utf8').trimEnd().split('\n');
      lines = all.filter((line) => !/^\s+at /.test(line)).slice(-LOG_LINES_SHOWN);
    } catch {
      // A missing log must not hide the error itself.
    }
    return lines.length === 0
      ? ''
      : `\nThe end of ${this.plan.logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }
}
