import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { KeptTokens, tokenAnswer } from './keptTokens.js';
import { CallRefused } from './callRefused.js';
import type { HttpsAnswer, HttpsJson } from '../httpsJson.js';
import { registryId, topicId, type World } from '../world.js';

const CONTAINER_REGISTRY = '2025-11-01';
const EVENT_GRID = '2022-06-15';
const KEY_VAULT = '7.4';
const IOT_HUB = '2021-04-12';
const VAULT_SCOPE = 'https://vault.azure.net/.default';
const LONG_RUNNING = 30_000;

const named = z.object({ value: z.array(z.object({ name: z.string() })), nextLink: z.string().nullish() });
const listedSecrets = z.object({
  value: z.array(z.object({ id: z.string(), attributes: z.object({ enabled: z.boolean() }) })),
  nextLink: z.string().nullish(),
});
const secretBundle = z.object({ value: z.string() });
const generated = z.object({ passwords: z.array(z.object({ name: z.string(), value: z.string() })) });
const bound = z.object({ properties: z.object({ clientTokenIds: z.array(z.string()).nullish() }) });
const hubIdentity = z.object({ authentication: z.object({ symmetricKey: z.object({ primaryKey: z.string() }) }) });
const operationStatus = z.object({ status: z.string(), error: z.unknown().optional() });

/** The source and the webhook of a subscription. */
export interface EventSubscription {
  /** Resource id of the source. */
  source: string;
  name: string;
  webhook: string;
  schema: 'CloudEventSchemaV1_0' | 'EventGridSchema';
  eventTypes?: readonly string[];
  subjectBeginsWith?: string;
}

/** A version of a secret. */
export interface StoredSecret {
  readonly value: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly expiresOn: string;
  readonly isEnabled: boolean;
}

/** Names of existing resources of the types that an onboarding creates. */
export interface Inventory {
  scopeMaps: string[];
  tokens: string[];
  boundTokens: string[];
  secrets: string[];
}

/** The owner of the resource group, as the launcher and the demo act for one: over ARM and Key Vault's API. */
export class Operator {
  readonly #tokens: KeptTokens;

  /** @param now milliseconds since the epoch */
  constructor(
    private readonly base: string,
    private readonly world: World,
    private readonly https: HttpsJson,
    now: () => number = Date.now,
  ) {
    this.#tokens = new KeptTokens((scope) => this.#requestToken(scope), now);
  }

  /** Generates one password of a token, and returns it: it is shown only once. */
  async generatePassword(token: string, slot: 'password1' | 'password2'): Promise<string> {
    const registry = registryId(this.world);
    const answer = await this.arm('POST', `${registry}/generateCredentials`, CONTAINER_REGISTRY, {
      tokenId: `${registry}/tokens/${token}`,
      name: slot,
    });
    const value = generated.parse(answer).passwords.find((password) => password.name === slot)?.value;
    if (value === undefined) throw new Error(`generateCredentials returned no ${slot} for ${token}.`);
    return value;
  }

  /**
   * Creates or replaces a webhook subscription of a topic, hub, vault or resource group. The webhook must answer Event
   * Grid's handshake.
   */
  async subscribe(subscription: EventSubscription): Promise<void> {
    await this.arm(
      'PUT',
      `${subscription.source}/providers/Microsoft.EventGrid/eventSubscriptions/${subscription.name}`,
      EVENT_GRID,
      {
        properties: {
          destination: { endpointType: 'WebHook', properties: { endpointUrl: subscription.webhook } },
          eventDeliverySchema: subscription.schema,
          filter: {
            ...(subscription.eventTypes ? { includedEventTypes: subscription.eventTypes } : {}),
            ...(subscription.subjectBeginsWith ? { subjectBeginsWith: subscription.subjectBeginsWith } : {}),
          },
        },
      },
    );
  }

  async subscribeAll(subscriptions: readonly EventSubscription[]): Promise<void> {
    for (const one of subscriptions) await this.subscribe(one);
  }

  /** Removes a subscription, if it exists. */
  async unsubscribe(topic: string, name: string): Promise<void> {
    await this.arm('DELETE', `${topicId(this.world, topic)}/eventSubscriptions/${name}`, EVENT_GRID);
  }

  /**
   * Creates a device of the IoT Hub, or a module of it, if it does not exist.
   * @returns its primary key
   */
  async hubKey(deviceId: string, moduleId?: string): Promise<string> {
    const device = `/devices/${encodeURIComponent(deviceId)}`;
    const path = moduleId === undefined ? device : `${device}/modules/${encodeURIComponent(moduleId)}`;
    const url = `${this.world.iotHub.url}${path}?api-version=${IOT_HUB}`;
    const body = { deviceId, ...(moduleId === undefined ? {} : { moduleId }) };
    const scope = 'https://iothubs.azure.net/.default';
    const found = await this.#call('GET', url, scope).catch((error: unknown) => {
      if (error instanceof CallRefused && error.status === 404) return this.#call('PUT', url, scope, body);
      throw error;
    });
    return hubIdentity.parse(found.body).authentication.symmetricKey.primaryKey;
  }

  /** Deletes a device of the IoT Hub, which publishes an event. */
  async deleteDevice(deviceId: string): Promise<void> {
    const url = `${this.world.iotHub.url}/devices/${encodeURIComponent(deviceId)}?api-version=${IOT_HUB}`;
    // Any version.
    await this.#call('DELETE', url, 'https://iothubs.azure.net/.default', undefined, { 'if-match': '*' });
  }

  /** Names of the scope maps, tokens, bound tokens and live (not soft-deleted) secrets, each sorted. */
  async inventory(connectedRegistry: string): Promise<Inventory> {
    const registry = registryId(this.world);
    const [scopeMaps, tokens, connected, secrets] = await Promise.all([
      this.#armNames(`${registry}/scopeMaps`),
      this.#armNames(`${registry}/tokens`),
      this.arm('GET', `${registry}/connectedRegistries/${connectedRegistry}`, CONTAINER_REGISTRY),
      this.#secretNames(),
    ]);
    const boundTokens = (bound.parse(connected).properties.clientTokenIds ?? []).map(lastSegment);
    return { scopeMaps, tokens, boundTokens: boundTokens.toSorted(), secrets };
  }

  async #armNames(path: string): Promise<string[]> {
    const names: string[] = [];
    let next: string | undefined = `${this.base}${path}?api-version=${CONTAINER_REGISTRY}`;
    while (next !== undefined) {
      const page = named.parse((await this.#call('GET', next, `${this.base}/.default`)).body);
      names.push(...page.value.map((item) => item.name));
      next = page.nextLink ?? undefined;
    }
    return names.toSorted();
  }

  /** Creates a version of a secret. */
  async storeSecret(name: string, secret: StoredSecret): Promise<void> {
    const { value, tags, expiresOn, isEnabled } = secret;
    const attributes = { enabled: isEnabled, exp: Math.floor(Date.parse(expiresOn) / 1000) };
    const url = `${this.base}/secrets/${name}?api-version=${KEY_VAULT}`;
    await this.#call('PUT', url, VAULT_SCOPE, { value, tags, attributes });
  }

  /** The newest values of all secrets that can be read: those that are neither deleted nor disabled. */
  async secretValues(): Promise<string[]> {
    const enabled = (await this.#secrets()).filter(({ attributes }) => attributes.enabled);
    return Promise.all(
      enabled.map(async ({ id }) => {
        const url = `${id}?api-version=${KEY_VAULT}`;
        return secretBundle.parse((await this.#call('GET', url, VAULT_SCOPE)).body).value;
      }),
    );
  }

  async #secretNames(): Promise<string[]> {
    return (await this.#secrets()).map(({ id }) => lastSegment(id)).toSorted();
  }

  async #secrets(): Promise<z.infer<typeof listedSecrets>['value']> {
    const secrets: z.infer<typeof listedSecrets>['value'] = [];
    let next: string | undefined = `${this.base}/secrets?api-version=${KEY_VAULT}`;
    while (next !== undefined) {
      const page = listedSecrets.parse((await this.#call('GET', next, VAULT_SCOPE)).body);
      secrets.push(...page.value);
      next = page.nextLink ?? undefined;
    }
    return secrets;
  }

  /**
   * Makes one ARM call by path and waits for the end of its asynchronous operation (Azure-AsyncOperation or Location,
   * as ARM documents them).
   */
  async arm(method: string, path: string, apiVersion: string, body?: unknown): Promise<unknown> {
    const scope = `${this.base}/.default`;
    const url = `${this.base}${path}?api-version=${apiVersion}`;
    let answer = await this.#call(method, url, scope, body);
    const status = answer.headers['azure-asyncoperation'];
    const location = answer.headers['location'];
    const deadline = Date.now() + LONG_RUNNING;
    if (typeof status === 'string') {
      for (;;) {
        const state = operationStatus.parse((await this.#poll(status, scope)).body);
        if (state.status === 'Succeeded') break;
        if (state.status === 'Failed' || state.status === 'Canceled')
          throw new Error(`${method} ${path} ended ${state.status}: ${JSON.stringify(state.error)}`);
        await pause(deadline, `${method} ${path}`);
      }
      if (method === 'PUT' || method === 'PATCH') answer = await this.#call('GET', url, scope);
    }
    if (typeof location === 'string')
      while (answer.status === 202) {
        await pause(deadline, `${method} ${path}`);
        answer = await this.#poll(location, scope);
      }
    return answer.body;
  }

  /**
   * Polls an asynchronous operation.
   *
   * @throws an error other than CallRefused for an unknown operation: the resource of the call may well exist
   */
  async #poll(url: string, scope: string): Promise<HttpsAnswer> {
    try {
      return await this.#call('GET', url, scope);
    } catch (error) {
      if (!(error instanceof CallRefused && error.status === 404)) throw error;
      // A control plane keeps operations in memory, and forgets them when it is restarted.
      throw new Error(`The operation at ${url} is unknown; its call must be repeated.`, { cause: error });
    }
  }

  async #call(
    method: string,
    url: string,
    scope: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpsAnswer> {
    const send = (token: string): Promise<HttpsAnswer> =>
      this.https(url, { method, headers: { authorization: `Bearer ${token}`, ...headers }, body });
    const token = await this.#tokens.of(scope);
    let answer = await send(token);
    if (answer.status === 401) {
      // The stack's clock may have jumped past the token's end, which this process's clock does not show.
      await this.#tokens.drop(scope, token);
      answer = await send(await this.#tokens.of(scope));
    }
    if (answer.status >= 400 && !(method === 'DELETE' && answer.status === 404))
      throw new CallRefused(`${method} ${url}`, answer.status, answer.body);
    return answer;
  }

  async #requestToken(scope: string): Promise<z.infer<typeof tokenAnswer>> {
    const { clientId, clientSecret } = this.world.identities.operator;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope,
    });
    const url = `${this.base}/${this.world.tenantId}/oauth2/v2.0/token`;
    const answer = await this.https(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    if (answer.status !== 200) throw new CallRefused(`POST ${url}`, answer.status, answer.body);
    return tokenAnswer.parse(answer.body);
  }
}

async function pause(deadline: number, what: string): Promise<void> {
  if (Date.now() > deadline) throw new Error(`${what} did not end in ${LONG_RUNNING / 1000} s.`);
  await sleep(200);
}

function lastSegment(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
