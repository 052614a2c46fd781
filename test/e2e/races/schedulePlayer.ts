import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import { readState } from '../faults/simulatorState.js';
import type { TestStack } from '../harness/testStack.js';
import { DEFAULT_DAYS, type Happening, type Schedule, type ScheduledEvent } from './schedule.js';

const accepted = z.object({ id: z.string() });
const named = z.object({ running: z.string() });
const startedOperations = z.object({ operations: z.array(z.object({ id: z.string().optional() })) });

/** A client of a schedule. */
export interface Client {
  readonly name: string;
  readonly token: string;
  readonly secret: string;
}

/** When somebody else's write took bindings away, and whose. */
export interface Removal {
  readonly at: number;
  readonly tokens: readonly string[];
}

/** What came of a schedule's happenings. */
export interface Played {
  readonly clients: readonly Client[];
  readonly removals: readonly Removal[];
  /** Every operation that an answer called running. */
  readonly operations: readonly string[];
}

/** Makes a schedule's happenings happen on one stack, each at its time. */
export class SchedulePlayer {
  #foreignTokens = 0;

  constructor(private readonly it: TestStack) {}

  /** Resolves when the last happening has ended; what it started may continue. */
  async play(schedule: Schedule): Promise<Played> {
    const play = new Play(
      this.it,
      schedule.hasTimes,
      Array.from({ length: schedule.clients }, (_, n) => this.#client(`${schedule.name}-${n}`)),
      () => `somebody-${this.#foreignTokens++}`,
    );
    await Promise.all(
      schedule.happenings.map(async (happening) => {
        await sleep(happening.at);
        await play.happen(happening);
      }),
    );
    return play;
  }

  /** What onboards a client. */
  requestFor(client: Client, days = DEFAULT_DAYS): Record<string, unknown> {
    return requestFor(this.it, client, days);
  }

  /** The run of a client that is under way, or the one that this very request starts. */
  async running(client: Client): Promise<string | undefined> {
    return runningIn(await this.it.app.post(this.requestFor(client)));
  }

  #client(name: string): Client {
    const { registry } = this.it.stack.endpoints.azure;
    const { connectedRegistry } = this.it.stack.endpoints.edge;
    const secret = clientKey({ registry, connectedRegistry, client: name });
    const token = defaultTokenName({ registry, connectedRegistry, client: name });
    return { name, token, secret };
  }
}

/** One schedule that is under way. */
class Play implements Played {
  readonly removals: Removal[] = [];
  readonly operations: string[] = [];
  /** What tells a repeated event from a new one, by its number. */
  readonly #events = new Map<number, { readonly id: string; readonly time?: string }>();
  #killing: Promise<void> | undefined;

  constructor(
    private readonly it: TestStack,
    private readonly hasTimes: boolean,
    readonly clients: readonly Client[],
    private readonly foreignName: () => string,
  ) {}

  async happen(happening: Happening): Promise<void> {
    switch (happening.what) {
      case 'events':
        return this.#publish(happening.events);
      case 'request':
        return this.#note(await this.it.app.post(requestFor(this.it, this.#at(happening.client), happening.days)));
      case 'cancel':
        return this.#cancel(this.#at(happening.client));
      case 'rotate':
        return this.#ask('rotations', happening.client, happening.urgent ? { urgent: true } : {});
      case 'offboard':
        return this.#ask('offboardings', happening.client);
      case 'revoke':
        return this.#ask('revocations', happening.client);
      case 'kill':
        return this.#kill();
      case 'overwrite':
        return this.#overwrite(happening.stale);
      case 'foreignToken':
        return this.#makeForeignToken();
    }
  }

  async #publish(events: readonly ScheduledEvent[]): Promise<void> {
    const { endpoints, controlPlane } = this.it.stack;
    const { topicEndpoint, key } = endpoints.eventGrid;
    const body = events.map(({ id, client }) => {
      const known = this.#events.get(id) ?? {
        id: randomUUID(),
        ...(this.hasTimes ? { time: new Date().toISOString() } : {}),
      };
      this.#events.set(id, known);
      return {
        specversion: '1.0',
        ...known,
        type: 'ConnectedRegistry.ClientRequested',
        source: '/tests',
        subject: `clients/${this.#at(client).name}`,
        data: requestFor(this.it, this.#at(client), DEFAULT_DAYS),
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
    const running = runningIn(await app.post(requestFor(this.it, client, 180)));
    if (running === undefined) return;
    const headers = { 'x-functions-key': stack.endpoints.functions.key };
    await app.request(`operations/${running}/cancel`, { method: 'POST', headers });
  }

  async #ask(path: string, client: number, more: Record<string, unknown> = {}): Promise<void> {
    const { connectedRegistry } = this.it.stack.endpoints.edge;
    const clients = [{ connectedRegistry, client: this.#at(client).name }];
    this.#note(await this.it.app.post({ clients, ...more }, path));
  }

  #note({ status, body }: { readonly status: number; readonly body: unknown }): void {
    if (status !== 202) return;
    const several = startedOperations.safeParse(body).data?.operations ?? [accepted.parse(body)];
    this.operations.push(...several.flatMap(({ id }) => id ?? []));
  }

  /** Two kills at one time are one. */
  #kill(): Promise<void> {
    this.#killing ??= this.it.crashHost().finally(() => (this.#killing = undefined));
    return this.#killing;
  }

  async #overwrite(stale: number): Promise<void> {
    const { endpoints } = this.it.stack;
    const { resourceGroup, registry } = endpoints.azure;
    const { connectedRegistry } = endpoints.edge;
    const { registries: sdk } = this.it.operator;
    const before = (await sdk.connectedRegistries.get(resourceGroup, registry, connectedRegistry)).clientTokenIds ?? [];
    await sleep(stale);
    const { bound: present, tokens } = await readState(this.it);
    // What an undo has deleted in the meantime would make the service refuse the list.
    const kept = before.filter((id) => tokens.has(nameIn(id)));
    try {
      await sdk.connectedRegistries.update(resourceGroup, registry, connectedRegistry, { clientTokenIds: kept });
    } catch {
      return;
    }
    const names = kept.map(nameIn);
    this.removals.push({ at: Date.now(), tokens: present.filter((token) => !names.includes(token)) });
  }

  async #makeForeignToken(): Promise<void> {
    const { resourceGroup, registry } = this.it.stack.endpoints.azure;
    const { registries: sdk } = this.it.operator;
    const name = this.foreignName();
    const map = await sdk.scopeMaps.create(resourceGroup, registry, name, {
      actions: ['repositories/hello-world/content/read'],
    });
    await sdk.tokens.create(resourceGroup, registry, name, { scopeMapId: map.id ?? '', status: 'enabled' });
  }

  #at(index: number): Client {
    const client = this.clients[index];
    if (client === undefined) throw new Error(`There is no client ${index}.`);
    return client;
  }
}

function requestFor({ stack }: TestStack, { name }: Client, days: number): Record<string, unknown> {
  const { connectedRegistry } = stack.endpoints.edge;
  // No token: an event may not name one, and both kinds of requests are to ask for the same.
  return { connectedRegistry, client: name, repositories: ['hello-world'], credentialLifetimeDays: days };
}

/** The operation that an answer to an onboarding names, whether it was accepted or refused. */
function runningIn({ status, body }: { readonly status: number; readonly body: unknown }): string | undefined {
  return status === 202 ? accepted.parse(body).id : named.safeParse(body).data?.running;
}

function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
