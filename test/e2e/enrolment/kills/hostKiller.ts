import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilServedAgain, type TestStack } from '../../harness/testStack.js';

/** A step of the host: the n-th of its kind (killHost.mjs) during some work, from 1. */
export interface HostStep {
  readonly kind: string;
  readonly nth: number;
}

/** A kind that no step has. */
const NONE = { kind: 'none', nth: 1 };

/** Kills the local Functions host before a chosen step. */
export class HostKiller {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kill-host-'));
  readonly #order = join(this.#folder, 'order');
  readonly #taken = `${this.#order}.taken`;

  /** Settings of the host that can be killed so. */
  get settings(): Record<string, string> {
    const hook = new URL('killHost.mjs', import.meta.url).href;
    return { NODE_OPTIONS: `--import=${hook}`, NODE_KILL_ORDER: this.#order };
  }

  /** @returns the steps that the host takes during some work, in their order */
  async record(work: () => Promise<unknown>): Promise<HostStep[]> {
    this.#arm(NONE);
    await work();
    this.#withdraw();
    const kinds = readFileSync(this.#taken, 'utf8').trimEnd().split('\n');
    return kinds.map((kind, at) => ({ kind, nth: kinds.slice(0, at + 1).filter((one) => one === kind).length }));
  }

  /**
   * Has the host killed before a step of some work, and waits until another one serves.
   * @returns whether it was killed; not if it did the work without such a step
   */
  async kill(step: HostStep, { stack }: TestStack, work: () => Promise<unknown>): Promise<boolean> {
    const pid = stack.pidOf('host');
    this.#arm(step);
    await work();
    if (this.#withdraw()) return false;
    await untilServedAgain(stack, pid);
    return true;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #arm({ kind, nth }: HostStep): void {
    writeFileSync(this.#taken, '');
    // Whole or not at all: the host looks at it at every step.
    writeFileSync(`${this.#order}.new`, `${randomUUID()} ${kind} ${nth}`);
    renameSync(`${this.#order}.new`, this.#order);
  }

  /** @returns whether the order was still there, so that the host was not killed and will not be */
  #withdraw(): boolean {
    try {
      unlinkSync(this.#order);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return false;
    }
  }
}
