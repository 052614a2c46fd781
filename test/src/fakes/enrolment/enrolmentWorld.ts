import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { EntityId } from 'durable-functions';
import { z } from 'zod';
import { KEY_PROOF_HEADER, type JoinedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import {
  NOTHING_KNOWN,
  type ClientRecord,
  type ClientRecordOperation,
  type ClientRecordRequests,
} from '../../../../src/domain/clients/clientRecord.js';
import { channelKeyOf, devicePass } from '../../../../src/domain/enrolment/serverPasses.js';
import {
  NO_CLIENTS,
  type PollerIndexRequests,
  type PollerIndexState,
} from '../../../../src/domain/polling/pollerIndex.js';
import { createClientRecord } from '../../../../src/entities/clientRecord.js';
import { pollerIndex } from '../../../../src/entities/pollerIndex.js';
import type { EntitySignal } from '../../../../src/entities/registerEntity.js';
import { AnonymousLimit, anonymousHandlers } from '../../../../src/triggers/http/anonymousHandlers.js';
import { operatorRoute } from '../../../../src/triggers/http/operatorRoute.js';
import { SignedRequests } from '../../../../src/triggers/http/requests/signedRequest.js';
import { postDeviceKeys } from '../../../../src/triggers/http/routes/deviceKeys.js';
import { deleteEnrolment, postEnrolments } from '../../../../src/triggers/http/routes/enrolments.js';
import { postRedemption } from '../../../../src/triggers/http/routes/redemptions.js';
import { openedAnswer, openedJoin } from '../../../shared/openedAnswers.js';
import type { SigningDevice } from '../../../shared/signingDevice.js';
import { whileTimePasses } from '../advance.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../answers/requests.js';
import { deviceRequest } from '../devices/deviceRequest.js';
import { FakeDurableClient, httpRequest, invocation, seen } from '../durable/durableClient.js';
import { FakeAlerts } from '../services/alerts.js';
import { vaultHosts } from '../../../../src/settings/vaults.js';
import type { EntityCall } from '../../../../src/domain/operations/entityCall.js';

export const CLIENT = { registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
export const KEY = clientKey(CLIENT);
const REDEEM = '/api/enrolments/redeem';
const KEYS = '/api/devices/keys';

/** An engine that carries out what is signalled to the records of clients. */
export class RecordingEngine extends FakeDurableClient {
  /** What happens to a signal: it is carried out at once, never, or when somebody delivers it. */
  fate: 'done' | 'lost' | 'held' = 'done';
  /** Called before a signal is accepted, and may throw. */
  onSignal: ((operation: string) => void) | undefined;
  readonly held: (() => Promise<void>)[] = [];
  /** Number of held signals at which all are delivered, the last first. */
  heldUntil = Number.POSITIVE_INFINITY;
  #hasDelivered = false;

  record(key = KEY): ClientRecord {
    return this.entities.get(`@client@${key}`) ?? NOTHING_KNOWN;
  }

  async request<Operation extends ClientRecordOperation>(
    operation: Operation,
    request: Omit<ClientRecordRequests[Operation], 'by'>,
    key = KEY,
  ): Promise<void> {
    const by = { operation: 'client.run', actor: 'operator' };
    const call = { operation, request: { ...request, by } } as EntityCall<ClientRecordRequests>;
    const record = createClientRecord(vaultHosts(config()));
    const { state, signals } = await record(call, this.record(key), new Date(), key);
    this.entities.set(`@client@${key}`, structuredClone(state));
    for (const signal of signals ?? []) await this.tellIndex({ ...signal, request: { ...signal.request, by } });
  }

  /** What a record signals to the index of a poller. */
  private async tellIndex({ entity, operation, request }: EntitySignal): Promise<void> {
    const id = `@${entity.name}@${entity.key}`;
    const before = this.entities.get(id) ?? NO_CLIENTS;
    const call = { operation, request } as EntityCall<PollerIndexRequests>;
    const answer = await pollerIndex(call, before as PollerIndexState);
    this.entities.set(id, structuredClone(answer.state));
  }

  override async signalEntity(id: EntityId, operation: string, input: unknown): Promise<void> {
    this.onSignal?.(operation);
    const { fate } = this;
    await super.signalEntity(id, operation, input);
    const work = () => this.request(operation as ClientRecordOperation, input as never, id.key);
    if (fate === 'done') await work();
    if (fate === 'held') this.held.push(work);
    if (this.held.length >= this.heldUntil) await this.deliver();
  }

  /** Whether signals are held until others come, which are still being made: no time may pass for those that wait. */
  get isGathering(): boolean {
    return this.fate === 'held' && Number.isFinite(this.heldUntil) && !this.#hasDelivered;
  }

  /** Carries out what was held, the last first. */
  async deliver(): Promise<void> {
    this.#hasDelivered = true;
    for (const work of this.held.splice(0).toReversed()) await work();
  }
}

const issued = z.object({ enrolments: z.array(z.looseObject({ joinToken: z.string().optional() })) });

/** What is sent instead of what is right. */
interface Renewing {
  readonly pass?: string;
  readonly proof?: string;
  readonly body?: unknown;
}

/** The routes of enrolment, over an engine whose records are real. */
export class EnrolmentWorld {
  readonly engine = new RecordingEngine();
  readonly alerts = new FakeAlerts();
  readonly config;
  /** What the routes wrote to their logs. */
  readonly lines: string[] = [];
  private routes;

  /** @param perMinute requests of one address that the app accepts */
  constructor(
    settings: Readonly<Record<string, string>> = {},
    private readonly perMinute = 100_000,
  ) {
    this.config = config(settings);
    this.routes = this.instance();
  }

  /** From now on another instance of the app answers, or this one after a restart: it remembers no request. */
  restart(): void {
    this.routes = this.instance();
  }

  private instance() {
    const requests = new SignedRequests(this.config.reportKeys);
    const anonymous = anonymousHandlers(new AnonymousLimit(this.perMinute));
    return {
      issue: operatorRoute({ kind: 'functionKey' }, postEnrolments(this.config)).handler,
      withdraw: operatorRoute({ kind: 'functionKey' }, deleteEnrolment).handler,
      redeem: anonymous(postRedemption(this.config, requests, this.alerts), 'device'),
      renew: anonymous(postDeviceKeys(this.config, requests), 'device'),
    };
  }

  issue(body: unknown = { connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' }, more: object = {}) {
    return this.ask('issue', httpRequest({ body, ...more }));
  }

  /** Issues a join token for {@link CLIENT}. */
  async token(limits: object = {}): Promise<string> {
    const { body } = await this.issue({ connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7', ...limits });
    return issued.parse(body).enrolments[0]?.joinToken ?? '';
  }

  withdraw(key = KEY) {
    return this.ask('withdraw', httpRequest({ params: { key } }));
  }

  /** Redeems, and opens the answer as the device does. @param body instead of the device's own keys */
  async redeem(device: SigningDevice, token: string, address?: string, body?: unknown) {
    const { authorization, ...answer } = await this.sendRedemption(device, token, address, body);
    if (answer.status !== 200) return answer;
    return { ...answer, body: { ...(await openedJoin(answer.body, authorization, token)) } };
  }

  /** Redeems. @returns the answer as it is sent, and the signature of the request */
  async sendRedemption(device: SigningDevice, token: string, address = '198.51.100.7', body: unknown = device.keys) {
    const parts = { method: 'POST', path: REDEEM, body: JSON.stringify(body) };
    const request = deviceRequest({ ...parts, authorization: await device.sign(parts, token, new Date()) });
    request.headers.set('x-forwarded-for', address);
    return { ...(await this.ask('redeem', request)), authorization: request.headers.get('authorization') ?? '' };
  }

  /** Joins, and returns the pass. */
  async join(device: SigningDevice, token: string): Promise<string> {
    const { status, body } = await this.redeem(device, token);
    if (status !== 200) throw new Error(`The device has not joined: ${JSON.stringify(body)}`);
    return (body as unknown as JoinedAnswer).pass;
  }

  /** Renews keys, and opens the answer as the device does. */
  async renew(device: SigningDevice, next: SigningDevice, given: Renewing = {}) {
    const { authorization, ...answer } = await this.sendRenewal(device, next, given);
    if (answer.status !== 200) return answer;
    const channelKey = channelKeyOf(this.config.reportKeys, given.pass ?? this.passOf(device));
    const body = await openedAnswer(answer.body, 'keys', authorization, { device: next, channelKey });
    return { ...answer, body: body as Record<string, unknown> };
  }

  /** Renews keys. @returns the answer as it is sent, and the signature of the request */
  async sendRenewal(
    device: SigningDevice,
    next: SigningDevice,
    { pass = this.passOf(device), proof, body = next.keys }: Renewing = {},
  ) {
    const parts = { method: 'POST', path: KEYS, body: JSON.stringify(body) };
    const request = deviceRequest({ ...parts, authorization: await device.sign(parts, pass, new Date()) });
    request.headers.set(KEY_PROOF_HEADER, proof ?? (await next.sign(parts, pass, new Date())));
    return { ...(await this.ask('renew', request)), authorization: request.headers.get('authorization') ?? '' };
  }

  passOf({ thumbprint }: SigningDevice): string {
    return devicePass(this.config.reportKeys, { client: CLIENT, thumbprint });
  }

  async ask(route: 'issue' | 'withdraw' | 'redeem' | 'renew', request: HttpRequest) {
    const { context, lines } = invocation();
    const work: Promise<HttpResponseInit> = this.routes[route](request, this.engine.client, context);
    const answer = seen(await whileTimePasses(work, () => !this.engine.isGathering));
    this.lines.push(...lines.map(({ text }) => text));
    return answer;
  }
}
