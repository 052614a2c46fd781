/** Calls of the management API of the Durable Task extension, for tests. */
import { FunctionsHostError } from './functionsHostError.js';
import type { HostKeys, InstanceFilter, InstanceStatus } from './functionsHost.js';

const root = '/runtime/webhooks/durabletask';
const tokenHeader = 'x-ms-continuation-token';

/** The management API of one host. @throws FunctionsHostError with the host's answer if it refuses */
export class Management {
  readonly #url: string;
  readonly #keys: HostKeys;

  constructor(url: string, keys: HostKeys) {
    this.#url = url;
    this.#keys = keys;
  }

  /** A request with the function key, unless it has one. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const address = new URL(path, this.#url);
    const headers = new Headers(init.headers);
    if (!headers.has('x-functions-key') && !address.searchParams.has('code'))
      headers.set('x-functions-key', this.#keys.function);
    return fetch(address, { ...init, headers });
  }

  async start(name: string, input: unknown, instanceId: string | undefined): Promise<string> {
    const id = instanceId === undefined ? '' : `/${encodeURIComponent(instanceId)}`;
    const answer = await this.#send('POST', `/orchestrators/${encodeURIComponent(name)}${id}`, input);
    await expectStatus(answer, 202, `'${name}' was not started`);
    return ((await answer.json()) as { id: string }).id;
  }

  async query(instanceId: string, showHistory: boolean): Promise<InstanceStatus | undefined> {
    const history = showHistory ? '?showHistory=true&showHistoryOutput=true' : '';
    const answer = await this.#send('GET', `/instances/${encodeURIComponent(instanceId)}${history}`);
    if (answer.status === 404) {
      await answer.body?.cancel();
      return undefined;
    }
    // 202: it has not ended.
    if (answer.status !== 202) await expectStatus(answer, 200, `'${instanceId}' cannot be read`);
    return (await answer.json()) as InstanceStatus;
  }

  async instances({ prefix, statuses = [] }: InstanceFilter): Promise<InstanceStatus[]> {
    const conditions = new URLSearchParams({
      ...(prefix === undefined ? {} : { instanceIdPrefix: prefix }),
      ...(statuses.length === 0 ? {} : { runtimeStatus: statuses.join(',') }),
    });
    const found: InstanceStatus[] = [];
    for (let token: string | null = ''; token !== null;) {
      const answer = await this.#send('GET', `/instances?${conditions.toString()}`, undefined, token);
      await expectStatus(answer, 200, 'the instances cannot be listed');
      found.push(...((await answer.json()) as InstanceStatus[]));
      token = answer.headers.get(tokenHeader);
    }
    return found;
  }

  async raiseEvent(instanceId: string, eventName: string, data: unknown): Promise<void> {
    const path = `/instances/${encodeURIComponent(instanceId)}/raiseEvent/${encodeURIComponent(eventName)}`;
    const answer = await this.#send('POST', path, data ?? null);
    await expectStatus(answer, 202, `the event '${eventName}' was not sent to '${instanceId}'`);
  }

  async terminate(instanceId: string, reason: string): Promise<void> {
    const path = `/instances/${encodeURIComponent(instanceId)}/terminate?reason=${encodeURIComponent(reason)}`;
    await expectStatus(await this.#send('POST', path), 202, `'${instanceId}' was not terminated`);
  }

  async entityState(name: string, key: string): Promise<unknown> {
    const answer = await this.#send('GET', `/entities/${encodeURIComponent(name)}/${encodeURIComponent(key)}`);
    if (answer.status === 404) {
      await answer.body?.cancel();
      return undefined;
    }
    await expectStatus(answer, 200, `the entity ${name} '${key}' cannot be read`);
    return answer.json();
  }

  #send(method: string, path: string, body?: unknown, token = ''): Promise<Response> {
    return fetch(`${this.#url}${root}${path}`, {
      method,
      headers: {
        'x-functions-key': this.#keys.durable,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === '' ? {} : { [tokenHeader]: token }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

async function expectStatus(answer: Response, status: number, what: string): Promise<void> {
  if (answer.status === status) return;
  const text = await answer.text();
  throw new FunctionsHostError(`${what}: the host answered ${answer.status}${text === '' ? '' : ` ${text}`}`);
}
