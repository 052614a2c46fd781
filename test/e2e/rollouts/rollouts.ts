import { z } from 'zod';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { until } from '../../shared/until.js';
import { pauseBefore, type Answer } from '../harness/appClient.js';
import type { TestStack } from '../harness/testStack.js';

const counts = z.strictObject({
  waiting: z.int(),
  running: z.int(),
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  planned: z.int(),
});
export type Counts = z.infer<typeof counts>;

/** `GET /api/rollouts/{id}`. */
const rollout = z.object({
  id: z.string(),
  name: z.string().optional(),
  kind: z.string(),
  status: z.enum(['opening', 'refused', 'running', 'paused', 'stopped', 'completed', 'cancelled']),
  reason: z.string().optional(),
  waitsUntil: z.iso.datetime().optional(),
  dryRun: z.boolean(),
  rows: z.int(),
  counts,
  failures: z.record(z.string(), z.int()),
  wave: z.object({ current: z.int(), of: z.int(), rows: z.int() }),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  secondsLeft: z.number().optional(),
  writes: z.object({ needed: z.number(), done: z.number() }),
  floor: z.object({ seconds: z.number(), ratio: z.number().optional() }),
});
export type Rollout = z.infer<typeof rollout>;

const row = z.object({
  row: z.int(),
  registry: z.string(),
  connectedRegistry: z.string(),
  client: z.string(),
  state: z.string(),
  operation: z.string().optional(),
  code: z.string().optional(),
  writes: z.array(z.string()).optional(),
  problems: z.array(z.string()).optional(),
});
export type Row = z.infer<typeof row>;

const accepted = z.object({ id: z.string() });
const rowPage = z.object({ clients: z.array(row), continuation: z.string().optional() });
const rolloutPage = z.object({ rollouts: z.array(rollout) });
const operations = z.object({ operations: z.array(z.object({ id: z.string(), kind: z.string() })) });

/** How a rollout looks once a command has taken effect. */
const IN_EFFECT = {
  pause: ({ status }: Rollout) => status === 'paused',
  resume: ({ status }: Rollout) => status !== 'paused' && status !== 'stopped',
  cancel: ({ counts: { waiting } }: Rollout) => waiting === 0,
  'retry-failed': ({ counts: { failed, cancelled } }: Rollout) => failed + cancelled === 0,
};

/** What a caller can do with rollouts. */
export class Rollouts {
  constructor(private readonly it: TestStack) {}

  post(body: Record<string, unknown>): Promise<Answer> {
    return this.it.app.post(body, 'rollouts');
  }

  /** Posts a rollout that is to be accepted. @returns its id */
  async start(body: Record<string, unknown>): Promise<string> {
    const answer = await this.post(body);
    if (answer.status !== 202) throw new Error(`Expected 202, got ${answer.status}: ${answer.text}`);
    return accepted.parse(answer.body).id;
  }

  async view(id: string): Promise<Rollout> {
    return rollout.parse(expectOk(await this.it.app.get(`rollouts/${id}`)));
  }

  async list(): Promise<Rollout[]> {
    return rolloutPage.parse(expectOk(await this.it.app.get('rollouts'))).rollouts;
  }

  /** Looks at a rollout until `is` says so. @throws with what was seen last after so many seconds */
  until(id: string, is: (view: Rollout) => boolean, seconds?: number): Promise<Rollout> {
    return until(
      async () => {
        const answer = await this.it.app.get(`rollouts/${id}`);
        return isBusy(answer) ? undefined : rollout.parse(expectOk(answer));
      },
      (seen): seen is Rollout => seen !== undefined && is(seen),
      `rollout ${id} is as wanted`,
      { seconds, pause: pauseBefore },
    );
  }

  /** Waits until it continues no more by itself: no row runs, and none is going to. */
  atRest(id: string, seconds?: number): Promise<Rollout> {
    return this.until(
      id,
      ({ status, counts: { running } }) => !['opening', 'running'].includes(status) && running === 0,
      seconds,
    );
  }

  /** Sends a command that is to be accepted, and waits until it has taken effect. @returns the rollout after it */
  async command(id: string, command: keyof typeof IN_EFFECT): Promise<Rollout> {
    const answer = await this.tryCommand(id, command);
    if (answer.status === 200) return rollout.parse(answer.body);
    if (answer.status !== 202) throw new Error(`Expected 200 or 202, got ${answer.status}: ${answer.text}`);
    return this.until(id, IN_EFFECT[command]);
  }

  tryCommand(id: string, command: string): Promise<Answer> {
    const headers = { 'x-functions-key': this.it.stack.endpoints.functions.key };
    return this.it.app.request(`rollouts/${id}/${command}`, { method: 'POST', headers });
  }

  /** All rows, page by page. */
  async rows(id: string, state?: string, top = 50): Promise<Row[]> {
    const rows: Row[] = [];
    let continuation: string | undefined;
    do {
      const query = new URLSearchParams({ top: String(top), ...(state ? { state } : {}) });
      if (continuation !== undefined) query.set('continuation', continuation);
      const page = rowPage.parse(expectOk(await this.it.app.get(`rollouts/${id}/clients?${query.toString()}`)));
      rows.push(...page.clients);
      continuation = page.continuation;
    } while (continuation !== undefined);
    return rows;
  }

  /** The runs of a client that the app knows, whoever started them. */
  async runsOf(client: ClientReference): Promise<string[]> {
    const answer = await this.it.app.get(`clients/${clientKey(client)}/operations`);
    if (answer.status === 404) return [];
    return operations.parse(expectOk(answer)).operations.map(({ id }) => id);
  }

  /** How many runs each client had, by its name. */
  async runCounts(clients: readonly ClientReference[]): Promise<Record<string, number>> {
    const all: [string, number][] = [];
    for (const client of clients) all.push([client.client, new Set(await this.runsOf(client)).size]);
    return Object.fromEntries(all);
  }
}

/** A host that has just been killed, on a busy machine, may answer so: whoever looks again and again looks again. */
function isBusy({ status }: Answer): boolean {
  return status === 503;
}

function expectOk(answer: Answer): unknown {
  if (answer.status !== 200) throw new Error(`Expected 200, got ${answer.status}: ${answer.text}`);
  return answer.body;
}
