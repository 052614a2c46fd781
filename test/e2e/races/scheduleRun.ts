import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { clientKey } from '../../../src/domain/clientKey.js';
import { Foreigners } from '../faults/foreigners.js';
import { readState, type SimulatorState } from '../faults/simulatorState.js';
import { pullManifest } from '../harness/edge.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { scheduleOf, USUAL_DAYS, type Happening, type Schedule } from './schedule.js';

const MANY_CLIENTS = 2000;
const accepted = z.object({ id: z.string() });
const named = z.object({ running: z.string() });

interface Client {
  readonly name: string;
  readonly token: string;
  readonly secret: string;
}

/** When somebody else's write took bindings away, and whose. */
interface Removal {
  readonly at: number;
  readonly tokens: readonly string[];
}

/** Plays schedules on one stack and says which promises were broken. */
export class ScheduleRunner {
  #foreignTokens = 0;

  private constructor(
    readonly it: TestStack,
    private readonly foreigners: Foreigners,
  ) {}

  static async open(): Promise<ScheduleRunner> {
    const it = await startTestStack({ settings: { CLIENTS_PER_CONNECTED_REGISTRY: String(MANY_CLIENTS) } });
    const settings = `${it.stack.endpoints.azure.arm}/_control/settings`;
    await it.stack.controlPlane.https(settings, {
      method: 'PATCH',
      body: { clientsPerConnectedRegistry: MANY_CLIENTS, throttling: 0, replicationSeconds: 1 },
    });
    return new ScheduleRunner(it, await Foreigners.settle(it));
  }

  close(): Promise<void> {
    return this.it.dispose();
  }

  /** Places where a password stands that must not be there. */
  async passwordsFound(): Promise<string[]> {
    return (await findPasswords(this.it)).found;
  }

  /** Plays one seed. @returns what is wrong at its end; nothing when every promise was kept. */
  async play(seed: number): Promise<string[]> {
    const schedule = scheduleOf(seed);
    const clients = Array.from({ length: schedule.clients }, (_, n) => this.#client(`seed${seed}-${n}`));
    const eventIds = new Map<number, string>();
    const removals: Removal[] = [];
    const begun = Date.now();
    await Promise.all(
      schedule.happenings.map(async (happening) => {
        await sleep(happening.at);
        await this.#happen(happening, clients, eventIds, removals);
      }),
    );
    const wrong = await this.#settled(clients, removals, begun);
    wrong.push(...(await this.#converges(clients)));
    wrong.push(...(await this.foreigners.touched()));
    return wrong.map((what) => `seed ${seed}: ${what}`);
  }

  #client(name: string): Client {
    const { registry } = this.it.stack.endpoints.azure;
    const { connectedRegistry } = this.it.stack.endpoints.edge;
    const secret = clientKey({ registry, connectedRegistry, client: name });
    return { name, token: `token-of-${name}`, secret };
  }

  #requestFor({ name, token }: Client, days: number): Record<string, unknown> {
    return {
      connectedRegistry: this.it.stack.endpoints.edge.connectedRegistry,
      client: name,
      token,
      repositories: ['hello-world'],
      credentialLifetimeDays: days,
    };
  }

  async #happen(
    happening: Happening,
    clients: readonly Client[],
    eventIds: Map<number, string>,
    removals: Removal[],
  ): Promise<void> {
    const { it } = this;
    switch (happening.what) {
      case 'events':
        return this.#publish(happening, clients, eventIds);
      case 'request':
        await it.app.post(this.#requestFor(at(clients, happening.client), happening.days));
        return;
      case 'cancel':
        return this.#cancel(at(clients, happening.client));
      case 'kill':
        return this.#kill();
      case 'overwrite':
        return this.#overwrite(happening.stale, removals);
      case 'foreignToken':
        return this.#makeForeignToken();
    }
  }

  async #publish(
    { events }: Extract<Happening, { what: 'events' }>,
    clients: readonly Client[],
    eventIds: Map<number, string>,
  ): Promise<void> {
    const { endpoints, controlPlane } = this.it.stack;
    const { topicEndpoint, key } = endpoints.eventGrid;
    const body = events.map(({ id, client }) => {
      const known = eventIds.get(id) ?? randomUUID();
      eventIds.set(id, known);
      return {
        specversion: '1.0',
        id: known,
        type: 'ConnectedRegistry.ClientRequested',
        source: '/tests',
        subject: `clients/${at(clients, client).name}`,
        data: this.#requestFor(at(clients, client), USUAL_DAYS),
      };
    });
    const answer = await controlPlane.https(`${topicEndpoint}?api-version=2018-01-01`, {
      method: 'POST',
      headers: { 'aeg-sas-key': key, 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`The events were not taken: ${answer.status}`);
  }

  /** An operator who wants to stop whatever runs for a client: a request for something else names it. */
  async #cancel(client: Client): Promise<void> {
    const { app, stack } = this.it;
    const answer = await app.post(this.#requestFor(client, 180));
    const running = answer.status === 202 ? accepted.parse(answer.body).id : named.safeParse(answer.body).data?.running;
    if (running === undefined) return;
    const headers = { 'x-functions-key': stack.endpoints.functions.key };
    await app.request(`operations/${running}/cancel`, { method: 'POST', headers });
  }

  /** Two kills at one time are one. */
  #killing: Promise<void> | undefined;
  #kill(): Promise<void> {
    this.#killing ??= this.it.crashHost().finally(() => (this.#killing = undefined));
    return this.#killing;
  }

  async #overwrite(stale: number, removals: Removal[]): Promise<void> {
    const { endpoints } = this.it.stack;
    const { resourceGroup, registry } = endpoints.azure;
    const { connectedRegistry } = endpoints.edge;
    const { registries: sdk } = this.it.operator;
    const before = (await sdk.connectedRegistries.get(resourceGroup, registry, connectedRegistry)).clientTokenIds ?? [];
    await sleep(stale);
    const present = (await readState(this.it)).bound;
    const { tokens } = await readState(this.it);
    // What an undo has deleted meanwhile would have the service refuse the list.
    const kept = before.filter((id) => tokens.has(nameIn(id)));
    try {
      await sdk.connectedRegistries.update(resourceGroup, registry, connectedRegistry, { clientTokenIds: kept });
    } catch {
      return;
    }
    const names = kept.map(nameIn);
    removals.push({ at: Date.now(), tokens: present.filter((token) => !names.includes(token)) });
  }

  async #makeForeignToken(): Promise<void> {
    const { resourceGroup, registry } = this.it.stack.endpoints.azure;
    const { registries: sdk } = this.it.operator;
    const name = `somebody-${this.#foreignTokens++}`;
    const map = await sdk.scopeMaps.create(resourceGroup, registry, name, {
      actions: ['repositories/hello-world/content/read'],
    });
    await sdk.tokens.create(resourceGroup, registry, name, { scopeMapId: map.id ?? '', status: 'enabled' });
  }

  /** Sends each client's request until its run ends well, and looks at what is there then. */
  async #settled(clients: readonly Client[], removals: readonly Removal[], begun: number): Promise<string[]> {
    const wrong: string[] = [];
    // What runs now may be an undo, or a run of another request: it ends first, and untouched by this test.
    for (const client of clients) {
      const running = await this.#running(client);
      if (running !== undefined) {
        const ended = await this.it.app.lastEnd(running, 60);
        const state = await readState(this.it);
        if (ended.status === 'completed') wrong.push(...this.#unbound(client, ended.steps, state, removals));
        else if (ended.failure?.code !== 'cancelled')
          wrong.push(
            `${client.name} ended ${ended.status}: ${ended.failure?.code ?? ''} ${ended.failure?.message ?? ''}`,
          );
        if (ended.status === 'failed') wrong.push(`${client.name} left ${ended.failure?.residue.join('; ') ?? ''}`);
      }
      wrong.push(...(await this.#works(client)));
    }
    if (Date.now() - begun > 60_000) wrong.push('it took more than a minute');
    return wrong;
  }

  /** The run under way, or the one that this very request starts. */
  async #running(client: Client): Promise<string | undefined> {
    const answer = await this.it.app.post(this.#requestFor(client, USUAL_DAYS));
    if (answer.status === 202) return accepted.parse(answer.body).id;
    return named.safeParse(answer.body).data?.running;
  }

  /** A binding that is gone although nobody took it away after the run's last look. */
  #unbound(
    { name, token }: Client,
    steps: readonly { name: string; startedAt: string }[],
    { bound }: SimulatorState,
    removals: readonly Removal[],
  ): string[] {
    const bindings = bound.filter((one) => one === token).length;
    if (bindings === 1) return [];
    const looked = Date.parse(
      steps.findLast((step) => step.name === 'promote' || step.name === 'preflight')?.startedAt ?? '',
    );
    const taken = bindings === 0 && removals.some(({ at: when, tokens }) => when >= looked && tokens.includes(token));
    return taken ? [] : [`${name} is bound ${bindings} times`];
  }

  /** One more request makes it whole; the next one writes nothing. */
  async #works(client: Client): Promise<string[]> {
    const { app, operator } = this.it;
    const wrong: string[] = [];
    const id = await app.start(this.#requestFor(client, USUAL_DAYS));
    const ended = await app.lastEnd(id, 60);
    if (ended.status !== 'completed') return [`${client.name} ends ${ended.status}: ${ended.failure?.message ?? ''}`];
    const { bound, tokens, secrets } = await readState(this.it);
    if (bound.filter((token) => token === client.token).length !== 1) wrong.push(`${client.name} is not bound once`);
    if (tokens.get(client.token)?.status !== 'enabled') wrong.push(`${client.name} has no enabled token`);
    if ((secrets.get(`${client.secret}-candidate`) ?? []).some(({ enabled }) => enabled !== false))
      wrong.push(`${client.name} has an enabled candidate`);
    const pulled = await pullManifest(await operator.login(client.secret), 'hello-world');
    if (pulled.status !== 200) wrong.push(`${client.name}'s password is refused: ${pulled.step} ${pulled.status}`);
    return wrong;
  }

  /** Requests again, all at once: nothing is written. */
  async #converges(clients: readonly Client[]): Promise<string[]> {
    const before = await readState(this.it);
    const ids = await Promise.all(clients.map((client) => this.it.app.start(this.#requestFor(client, USUAL_DAYS))));
    const ended = await Promise.all(ids.map((id) => this.it.app.lastEnd(id, 60)));
    const after = await readState(this.it);
    const wrong = ended.flatMap(({ status, failure }) =>
      status === 'completed' ? [] : [`a request again ends ${status}: ${failure?.message ?? ''}`],
    );
    for (const { token, secret } of clients) {
      if (JSON.stringify(after.tokens.get(token)) !== JSON.stringify(before.tokens.get(token)))
        wrong.push(`a request again has changed token ${token}`);
      if (JSON.stringify(after.secrets.get(secret)) !== JSON.stringify(before.secrets.get(secret)))
        wrong.push(`a request again has changed secret ${secret}`);
    }
    return wrong;
  }
}

/** Plays seeds on several stacks beside each other. @returns everything that went wrong, by seed. */
export async function playAll(runners: readonly ScheduleRunner[], seeds: readonly number[]): Promise<string[]> {
  const queue = [...seeds];
  const wrong = await Promise.all(
    runners.map(async (runner) => {
      const found: string[] = [];
      for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
        try {
          found.push(...(await runner.play(seed)));
        } catch (error) {
          found.push(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      return found;
    }),
  );
  const all = wrong.flat();
  if (all.length > 0)
    console.log(`${all.join('\n')}\nReplay one with SEED=n; its schedule: ${JSON.stringify(firstBroken(all))}`);
  return all;
}

function firstBroken([first = '']: readonly string[]): Schedule {
  return scheduleOf(Number(/^seed (\d+)/.exec(first)?.[1] ?? 0));
}

/** The seeds to play: the one that SEED names, or the first `count`. */
export function seedsToPlay(count: number): number[] {
  const one = process.env['SEED'];
  return one === undefined ? Array.from({ length: count }, (_, n) => n + 1) : [Number(one)];
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`There is no ${index}.`);
  return item;
}

function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
