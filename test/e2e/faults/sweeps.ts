import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isThere, until } from '../../shared/until.js';
import { CLIENT_RECORD } from '../../../src/domain/clients/clientRecord.js';
import { SWEEP_INSTANCE } from '../../../src/domain/rotation/sweep.js';
import type { TestStack } from '../harness/testStack.js';

/** The app's own sweeps come so seldom that none disturbs a trial: weekly. */
export const HARDLY_EVER = '0 0 0 * * 0';

const hostKeys = z.object({ master: z.string(), durable: z.string() });
const sweep = z.object({ runtimeStatus: z.string(), input: z.object({ sweep: z.string() }) });
const record = z.object({ acknowledged: z.string().optional() });

/**
 * Sweeps when a test wants them, by the host's own routes for running a timer by hand and for looking at an instance.
 */
export class Sweeps {
  readonly #keys: z.infer<typeof hostKeys>;
  readonly #url: string;

  constructor({ stack }: TestStack) {
    const file = join(stack.ground.dataFolder, 'host', 'keys.json');
    this.#keys = hostKeys.parse(JSON.parse(readFileSync(file, 'utf8')));
    this.#url = stack.endpoints.functions.url;
  }

  /** Begins a sweep. @returns its id. */
  async start(): Promise<string> {
    const before = await this.#last();
    // A kill may take an order to run before it is on disk, so a sweep that does not begin is ordered again.
    return until(() => this.#order(before?.input.sweep), isThere, 'a sweep has begun', { pause: 0 });
  }

  async ended(id: string): Promise<void> {
    await until(
      () => this.#last(),
      (last) => last?.input.sweep === id && last.runtimeStatus === 'Completed',
      `sweep ${id} has ended`,
    );
  }

  /** Orders a sweep. @returns its id; undefined if none has begun half a second later */
  async #order(before: string | undefined): Promise<string | undefined> {
    await fetch(`${this.#url}/admin/functions/startRotationSweep`, {
      method: 'POST',
      headers: { 'x-functions-key': this.#keys.master, 'content-type': 'application/json' },
      body: '{}',
    });
    for (let look = 0; look < 10; look += 1) {
      await sleep(50);
      const last = await this.#last();
      if (last && last.input.sweep !== before) return last.input.sweep;
    }
    return undefined;
  }

  /** Which version of the main secret the client's device has acknowledged. */
  async acknowledged(secret: string): Promise<string | undefined> {
    const found = await this.#get(`entities/${CLIENT_RECORD}/${secret}`);
    return found === undefined ? undefined : record.parse(found).acknowledged;
  }

  async #last(): Promise<z.infer<typeof sweep> | undefined> {
    const found = await this.#get(`instances/${SWEEP_INSTANCE}`);
    return found === undefined ? undefined : sweep.parse(found);
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#url}/runtime/webhooks/durabletask/${path}?showInput=true`, {
      headers: { 'x-functions-key': this.#keys.durable },
    });
    return answer.ok ? answer.json() : undefined;
  }
}
