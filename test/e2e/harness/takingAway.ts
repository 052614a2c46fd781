import { z } from 'zod';
import { until } from '../../shared/until.js';
import { operation, pauseBefore, type Answer, type AppClient } from './appClient.js';
import type { TestStack } from './testStack.js';

const failure = z.object({
  code: z.string(),
  message: z.string(),
  residue: z.array(z.string()),
  kept: z.array(z.string()),
});
const base = operation.omit({ kind: true, result: true, failure: true }).extend({ failure: failure.optional() });

const offboarding = base.extend({
  kind: z.literal('offboard'),
  result: z.object({ removed: z.array(z.string()), kept: z.array(z.string()), changed: z.boolean() }).optional(),
});
const revocation = base.extend({
  kind: z.literal('revoke'),
  result: z
    .object({
      revokedAt: z.iso.datetime(),
      disabled: z.array(z.string()),
      changed: z.boolean(),
      kept: z.array(z.string()).optional(),
      edge: z.object({
        connectedRegistry: z.string(),
        schedule: z.string().optional(),
        nextSyncTime: z.iso.datetime().optional(),
        message: z.string(),
      }),
    })
    .optional(),
});
/** An offboarding or a revocation, as `GET /api/operations/{id}` shows it. */
export const takingAway = z.union([offboarding, revocation]);
export type Offboarding = z.infer<typeof offboarding>;
export type Revocation = z.infer<typeof revocation>;

const started = z.object({
  operations: z.array(z.object({ client: z.string(), id: z.string(), status: z.literal('running') })),
});

const parts = z.object({
  operations: z.array(z.object({ id: z.string().optional(), problem: z.object({ code: z.string() }).optional() })),
});

/** The routes that take clients away, and what becomes of them. */
export class TakingAway {
  readonly #app: AppClient;
  readonly #key: string;
  readonly #connectedRegistry: string;

  constructor({ app, stack }: TestStack) {
    this.#app = app;
    this.#key = stack.endpoints.functions.key;
    this.#connectedRegistry = stack.endpoints.edge.connectedRegistry;
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.#app.request(path, {
      method: 'POST',
      headers: { 'x-functions-key': this.#key, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The body of a request for these clients of the seeded connected registry. */
  bodyFor(clients: readonly string[], more: Record<string, unknown> = {}): Record<string, unknown> {
    return { clients: clients.map((client) => ({ connectedRegistry: this.#connectedRegistry, client })), ...more };
  }

  /** Starts one for each client. @returns the operations' ids, in that order. */
  async start(path: 'offboardings' | 'revocations', ...clients: readonly string[]): Promise<string[]> {
    const answer = await this.post(path, this.bodyFor(clients));
    if (answer.status !== 202) throw new Error(`Expected 202, got ${answer.status}: ${answer.text}`);
    return started.parse(answer.body).operations.map(({ id }) => id);
  }

  async offboard(client: string): Promise<Offboarding> {
    const [id = ''] = await this.start('offboardings', client);
    return offboarding.parse(await this.end(id));
  }

  async revoke(client: string): Promise<Revocation> {
    const [id = ''] = await this.start('revocations', client);
    return revocation.parse(await this.end(id));
  }

  /** The same, for a client that may never have got as far as to be known. */
  async takeAwayIfKnown(path: 'offboardings' | 'revocations', client: string): Promise<void> {
    const answer = await this.post(path, this.bodyFor([client]));
    const [part] = parts.parse(answer.body).operations;
    if (part?.problem?.code === 'client-unknown') return;
    if (part?.id === undefined) throw new Error(`Not started: ${answer.text}`);
    await this.end(part.id);
  }

  async operation(id: string): Promise<Offboarding | Revocation> {
    const answer = await this.#app.get(`operations/${id}`);
    if (answer.status !== 200) throw new Error(`Expected 200, got ${answer.status}: ${answer.text}`);
    return takingAway.parse(answer.body);
  }

  /** Looks until the operation has ended, or is as wanted. */
  end(id: string, isWanted?: (seen: Offboarding | Revocation) => boolean): Promise<Offboarding | Revocation> {
    return isWanted
      ? until(() => this.operation(id), isWanted, `operation ${id} is as wanted`)
      : until(
          () => this.operation(id),
          ({ status }) => status !== 'running',
          `operation ${id} has ended`,
          { pause: pauseBefore },
        );
  }
}
