import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CLIENT_RECORD } from '../../../src/domain/clients/clientRecord.js';
import { SWEEP_INSTANCE } from '../../../src/domain/rotation/sweep.js';
import type { TestStack } from '../harness/testStack.js';

/** The app's own sweeps come so seldom that none disturbs a trial: weekly. */
export const HARDLY_EVER = '0 0 0 * * 0';

const END_WITHIN_SECONDS = 240;

const hostKeys = z.object({ master: z.string(), durable: z.string() });
const sweep = z.object({ runtimeStatus: z.string(), input: z.object({ sweep: z.string() }) });
const record = z.object({ acknowledged: z.string().optional() });

/** Sweeps when a test wants them, by the host's own routes for running a timer by hand and for looking at an instance. */
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
    const deadline = Date.now() + END_WITHIN_SECONDS * 1000;
    // A kill may take an order to run before it is on disk.
    for (;;) {
      await fetch(`${this.#url}/admin/functions/startRotationSweep`, {
        method: 'POST',
        headers: { 'x-functions-key': this.#keys.master, 'content-type': 'application/json' },
        body: '{}',
      });
      for (let look = 0; look < 10; look += 1) {
        await sleep(50);
        const now = await this.#last();
        if (now && now.input.sweep !== before?.input.sweep) return now.input.sweep;
      }
      if (Date.now() > deadline) throw new Error('No sweep began.');
    }
  }

  async ended(id: string): Promise<void> {
    const deadline = Date.now() + END_WITHIN_SECONDS * 1000;
    for (;;) {
      const now = await this.#last();
      if (now?.input.sweep === id && now.runtimeStatus === 'Completed') return;
      if (Date.now() > deadline) throw new Error(`Sweep ${id} has not ended: ${now?.runtimeStatus ?? 'it is gone'}.`);
      await sleep(100);
    }
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
