import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { until } from '../../shared/until.js';
import { readState, type SimulatorState } from '../faults/simulatorState.js';
import { pullManifest } from '../harness/edge.js';
import { TakingAway } from '../harness/takingAway.js';
import type { TestStack } from '../harness/testStack.js';
import type { FinalRequest } from './schedule.js';
import type { Client, Played } from './schedulePlayer.js';

const page = z.object({ operations: z.array(z.object({ id: z.string() })), continuation: z.string().optional() });
const ending = z.object({
  kind: z.string(),
  status: z.string(),
  failure: z.object({ code: z.string(), message: z.string(), residue: z.array(z.string()) }).optional(),
});

/** Seconds within which everything ends when nothing disturbs it any more. */
const TO_END = 300;

/** Seconds after which a connected registry has synced whatever there is. */
const TO_SYNC = 120;

/**
 * What must be true after a schedule in which operators did everything at once, and after each client's last request.
 */
export class MixedEnd {
  readonly #away: TakingAway;

  constructor(
    private readonly it: TestStack,
    private readonly played: Played,
  ) {
    this.#away = new TakingAway(it);
  }

  /** @returns what is wrong; nothing when every invariant held. */
  async judge(finalRequests: readonly FinalRequest[]): Promise<string[]> {
    const { clients, operations } = this.played;
    await this.#quiet();
    const wrong = (await Promise.all(operations.map((id) => this.#ended(id)))).flat();
    const present = await readState(this.it);
    wrong.push(...(await Promise.all(clients.map((client) => this.#pulls(client, present)))).flat());
    await Promise.all(
      clients.map(async ({ name }, nth) => {
        const request = finalRequests[nth];
        if (request === 'offboard') await this.#away.takeAwayIfKnown('offboardings', name);
        if (request === 'revoke') await this.#away.takeAwayIfKnown('revocations', name);
      }),
    );
    await this.#quiet();
    const after = await readState(this.it);
    return [
      ...wrong,
      ...clients.flatMap((client, nth) => notAsRequested(client, finalRequests[nth] ?? 'nothing', after)),
    ];
  }

  /** Until no run of these clients is under way or waits for its turn, twice in a row. */
  async #quiet(): Promise<void> {
    let looks = 0;
    await until(
      async () => (await Promise.all(this.played.clients.map(({ name }) => this.#running(name)))).flat(),
      (running) => {
        looks = running.length === 0 ? looks + 1 : 0;
        return looks === 2;
      },
      'no run is under way, twice in a row',
      { seconds: TO_END },
    );
  }

  async #running(client: string): Promise<string[]> {
    const { connectedRegistry } = this.it.stack.endpoints.edge;
    const query = new URLSearchParams({ status: 'running', connectedRegistry, client });
    const found: string[] = [];
    for (;;) {
      const answer = await this.it.app.get(`operations?${query.toString()}`);
      if (answer.status !== 200) throw new Error(`Expected 200, got ${answer.status}: ${answer.text}`);
      const { operations, continuation } = page.parse(answer.body);
      found.push(...operations.map(({ id }) => id));
      if (continuation === undefined) return found;
      query.set('continuation', continuation);
    }
  }

  /** Whoever got the id of an operation finds its end, or the one in its place; and nothing of it is left behind. */
  async #ended(id: string): Promise<string[]> {
    const answer = await this.it.app.get(`operations/${id}`);
    if (answer.status === 410) return [];
    if (answer.status !== 200) return [`operation ${id} was accepted, and is ${answer.status}: ${answer.text}`];
    const { kind, status, failure } = ending.parse(answer.body);
    if (status === 'completed' || status === 'rolledBack') return [];
    return [`${kind} ${id} ended ${status}: ${failure?.message ?? ''}; left ${failure?.residue.join('; ') ?? ''}`];
  }

  /**
   * A saved password works, where the client is bound and may pull; at the latest when that is synced. It is the main
   * secret's, but after an urgent rotation that failed: then the candidate has it.
   */
  async #pulls({ name, token, secret }: Client, { bound, tokens, secrets }: SimulatorState): Promise<string[]> {
    const isReadable = (one: string): boolean => secrets.get(one)?.some(({ enabled }) => enabled !== false) ?? false;
    if (!isReadable(secret) || !bound.includes(token) || tokens.get(token)?.status !== 'enabled') return [];
    const readable = [secret, `${secret}-candidate`].filter(isReadable);
    const logins = await Promise.all(readable.map((one) => this.it.operator.login(one)));
    for (const deadline = Date.now() + TO_SYNC * 1000; ; await sleep(200)) {
      const pulled = await Promise.all(logins.map((login) => pullManifest(login, 'hello-world')));
      if (pulled.some(({ status }) => status === 200)) return [];
      if (Date.now() > deadline) return [`no saved password of ${name} works: ${JSON.stringify(pulled)}`];
    }
  }
}

function notAsRequested(
  { name, token, secret }: Client,
  request: FinalRequest,
  { bound, tokens, secrets }: SimulatorState,
): string[] {
  const names = [secret, `${secret}-candidate`];
  if (request === 'offboard') {
    const left = [
      ...(tokens.has(token) ? ['its token'] : []),
      ...(bound.includes(token) ? ['its binding'] : []),
      ...names.filter((one) => secrets.has(one)).map((one) => `secret ${one}`),
    ];
    return left.length === 0 ? [] : [`${name} was offboarded at last, and has ${left.join(', ')}`];
  }
  if (request === 'revoke') {
    const open = [
      ...(tokens.get(token)?.status === 'enabled' ? ['its token'] : []),
      ...names.filter((one) => secrets.get(one)?.some(({ enabled }) => enabled !== false)),
    ];
    return open.length === 0 ? [] : [`${name} was revoked at last, and has enabled ${open.join(', ')}`];
  }
  return [];
}
