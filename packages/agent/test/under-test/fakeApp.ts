import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { thumbprintOf, type DeviceKeys } from '@connected-registry/protocol/enrolment/deviceKeys';
import {
  DEVICE_KEYS_PATH,
  DEVICE_MESSAGES_PATH,
  DEVICE_SECRETS_PATH,
  KEY_PROOF_HEADER,
  MAX_DEVICE_BODY,
  REDEEM_PATH,
  deviceKeysBody,
} from '@connected-registry/protocol/enrolment/messages';
import { inEnvelope, sealAnswer, type AnswerScope } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { joinMacOf, sealToJoiner } from '@connected-registry/protocol/enrolment/joinToken';
import {
  isBodyOf,
  readSignature,
  signerOf,
  verifySignature,
  type UnverifiedSignature,
} from '@connected-registry/protocol/enrolment/signedRequests';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { MANAGED_BY } from '@connected-registry/protocol/names/secretTags';
import { startPlainServer } from '../../../../test/shared/plainServer.js';

export const CLIENT = { registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client: 'device-1' };

/** What happens to a request: it is lost before the app has it, or its answer is lost after the app has acted on it. */
export type Loss = 'request' | 'answer';

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}
type Override = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A request that the app has accepted as a device's. */
export interface Accepted {
  readonly path: string;
  readonly thumbprint: string;
}

interface Secret {
  readonly version: string;
  readonly value: string;
  readonly createdOn: string;
}

/**
 * The app as a device sees it, with one client. Signatures, times, bodies, nonces and passes are verified as the
 * protocol has it, so that no request passes by accident.
 */
export class FakeApp {
  url = '';
  /** The app's clock. */
  now: () => Date;
  /** Everything that was accepted, and every refusal by its code, in order. */
  readonly accepted: Accepted[] = [];
  readonly refused: string[] = [];
  /** Paths of all requests, lost ones included. */
  readonly asked: string[] = [];
  /** Bodies of reports and acknowledgements by their paths. */
  readonly reports: { path: string; body: unknown }[] = [];
  /** What is lost of the next requests, in order. */
  readonly losses: (Loss | undefined)[] = [];
  /** Answers a request instead of the app; returns true when it did. */
  override: Override | undefined;
  messages: unknown[] = [];
  /** Versions of secrets by name, the newest last. */
  readonly secrets = new Map<string, Secret[]>();
  /** Changes what is sealed of messages. */
  sealedMessages: (plain: Record<string, unknown>) => Record<string, unknown> = (plain) => plain;
  /** Changes what is sealed of a secret, as a hostile app or proxy would. */
  sealed: (secret: Record<string, unknown>) => Record<string, unknown> = (secret) => secret;
  /** Changes what is sealed of the answer to a join or a renewal. */
  admitted: (plain: Record<string, unknown>) => Record<string, unknown> = (plain) => plain;
  /** What an answer is signed with and for, instead of what is right, as somebody else would. */
  forged: { channelKey?: string; nonce?: string; kind?: AnswerScope['kind'] } = {};
  /** The key to seal to, instead of the device's. */
  sealTo: DeviceKeys['sealing'] | undefined;
  /** Tags of secrets. */
  tags: Record<string, string> = { managedBy: MANAGED_BY, ...CLIENT };
  joined: { keys: DeviceKeys; thumbprint: string; renewedFrom?: string } | undefined;

  #serverKey = 'key-1';
  readonly #knownKeys = new Set(['key-1']);
  #token: { hash: string; usedBy?: string; isExpired?: boolean } | undefined;
  /** The secret parts of join tokens, by what is presented. */
  readonly #issued = new Map<string, string>();
  readonly #nonces = new Set<string>();
  readonly #lossesAt = new Map<string, (Loss | undefined)[]>();
  #ended: FakeApp['joined'];
  #close: () => Promise<void> = () => Promise.resolve();

  constructor(now: () => Date) {
    this.now = now;
  }

  static async start(now: () => Date): Promise<FakeApp> {
    const app = new FakeApp(now);
    const server = await startPlainServer((request, response, body) => void app.#receive(request, response, body));
    app.url = server.url;
    app.#close = () => server.close();
    return app;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Issues a join token. An earlier one ends. */
  issue({ isExpired = false } = {}): string {
    const secret = randomBytes(32).toString('base64url');
    const presented = `crjoin1.${randomBytes(32).toString('base64url')}.k`;
    const token = `${presented}.${secret}`;
    this.#issued.set(presented, secret);
    this.#token = { hash: hashOf(token), isExpired };
    return token;
  }

  /** What is lost of the next requests for this path, in order. */
  lossesAt(path: string, losses: readonly (Loss | undefined)[]): void {
    this.#lossesAt.set(path, [...losses]);
  }

  revoke(): void {
    this.#ended = this.joined;
    this.#token = undefined;
    this.joined = undefined;
  }

  /** Takes a revocation back, as only a fault of the app would. */
  readmit(): void {
    this.joined = this.#ended;
  }

  /** Makes passes with another key from now on; those by the earlier ones are still accepted. */
  rotateServerKey(): void {
    this.#serverKey = `key-${this.#knownKeys.size + 1}`;
    this.#knownKeys.add(this.#serverKey);
  }

  /** Makes and accepts passes by the first key only, as if the others had never been. */
  withdrawServerKey(): void {
    this.#serverKey = 'key-1';
    this.forgetServerKeys();
  }

  /** Accepts only passes by the newest key. */
  forgetServerKeys(): void {
    this.#knownKeys.clear();
    this.#knownKeys.add(this.#serverKey);
  }

  passOf(thumbprint: string, key: string = this.#serverKey): string {
    return `crpass1.${key}.${thumbprint}.${createHmac('sha256', key).update(thumbprint).digest('base64url')}`;
  }

  /** The secret by which a device knows answers to requests with this pass. */
  channelKeyOf(pass: string): string {
    const [, key = '', thumbprint = ''] = pass.split('.');
    return createHmac('sha256', key).update(`channel ${thumbprint}`).digest('base64url');
  }

  addSecret(name: string, value: string): string {
    const versions = this.secrets.get(name) ?? [];
    const version = `v${versions.length + 1}`;
    const createdOn = new Date(this.now().getTime() + versions.length).toISOString();
    this.secrets.set(name, [...versions, { version, value, createdOn }]);
    return version;
  }

  async #receive(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    this.asked.push(request.url ?? '');
    const loss = (this.#lossesAt.get(request.url ?? '') ?? this.losses).shift();
    if (loss === 'request') {
      response.destroy();
      return;
    }
    if (this.override?.(request, response)) return;
    const { status, body: answer } = await this.#answer(request, body).catch((error: unknown) => ({
      status: 500,
      body: { code: String(error) },
    }));
    if (status >= 400) this.refused.push(String((answer as { code?: unknown }).code));
    if (loss === 'answer') {
      response.destroy();
      return;
    }
    response.writeHead(status, {
      'content-type': 'application/json',
      // As a host does, whose clock is the app's.
      date: this.now().toUTCString(),
    });
    response.end(answer === undefined ? undefined : JSON.stringify(answer));
  }

  async #answer(request: IncomingMessage, body: string): Promise<Reply> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    if (/^\/api\/(pull-checks|promotions)\//.test(pathname)) {
      this.reports.push({ path: pathname, body: parseJson(body) });
      return { status: 202 };
    }
    const authorization = request.headers.authorization ?? null;
    const isRedeem = pathname === REDEEM_PATH;
    const signature = await this.#verified(authorization, request, body, (given, signer) =>
      isRedeem ? this.#isProven(given, signer) : this.#isPass(given.pass, signer),
    );
    if (!signature) return this.#unsigned();
    const thumbprint = await signerOf(signature);
    this.accepted.push({ path: request.url ?? '', thumbprint });
    if (isRedeem) return this.#redeem(signature, thumbprint, body);
    if (pathname === DEVICE_KEYS_PATH) return this.#renew(signature, thumbprint, request, body);
    if (this.joined?.thumbprint !== thumbprint) return refusal(403, 'device-key-ended');
    if (pathname === DEVICE_MESSAGES_PATH) return this.#messages(signature, thumbprint);
    if (pathname === DEVICE_SECRETS_PATH) return this.#secret(signature, searchParams);
    return refusal(404, 'no-such-route');
  }

  async #verified(
    authorization: string | null,
    request: IncomingMessage,
    body: string,
    isPass: (given: UnverifiedSignature, signer: string) => boolean,
  ): Promise<UnverifiedSignature | undefined> {
    const signature = readSignature(authorization);
    if (!signature || !isPass(signature, await signerOf(signature))) return undefined;
    const line = { method: request.method ?? '', path: request.url ?? '' };
    if (await verifySignature(signature, line, this.now())) return undefined;
    if (body.length > MAX_DEVICE_BODY || !isBodyOf(signature, body)) return undefined;
    if (this.#nonces.has(signature.nonce)) return undefined;
    this.#nonces.add(signature.nonce);
    return signature;
  }

  #unsigned(): Reply {
    return { status: 401, body: { code: 'device-signature', now: this.now().toISOString() } };
  }

  #isPass(pass: string, thumbprint: string): boolean {
    return [...this.#knownKeys].some((key) => pass === this.passOf(thumbprint, key));
  }

  #isProven({ pass, join, nonce }: UnverifiedSignature, signing: string): boolean {
    const secret = this.#issued.get(pass);
    if (secret === undefined || join === undefined) return false;
    return join.mac === joinMacOf(secret, { signing, sealing: join.sealing, nonce });
  }

  async #redeem(signature: UnverifiedSignature, thumbprint: string, body: string): Promise<Reply> {
    const keys = await keysIn(body);
    if (keys?.thumbprint !== thumbprint) return refusal(400, 'invalid-request');
    if ((await thumbprintOf(keys.keys.sealing)) !== signature.join?.sealing) return refusal(400, 'invalid-request');
    const token = this.#token;
    const secret = this.#issued.get(signature.pass) ?? '';
    if (token?.hash !== hashOf(`${signature.pass}.${secret}`)) return refusal(410, 'join-token-unknown');
    if (token.usedBy === undefined) {
      if (token.isExpired === true) return refusal(410, 'join-token-expired');
      token.usedBy = thumbprint;
      this.joined = keys;
    } else if (token.usedBy !== thumbprint || this.joined?.thumbprint !== thumbprint) {
      return refusal(403, 'join-token-used');
    }
    const nonce = this.forged.nonce ?? signature.nonce;
    const text = inEnvelope(this.#admission(thumbprint), { kind: this.forged.kind ?? 'join', nonce });
    return { status: 200, body: { sealed: await sealToJoiner(text, secret) } };
  }

  async #renew(signature: UnverifiedSignature, from: string, request: IncomingMessage, body: string): Promise<Reply> {
    const keys = await keysIn(body);
    const header = request.headers[KEY_PROOF_HEADER];
    const proof = await this.#verified(
      typeof header === 'string' ? header : null,
      request,
      body,
      (given) => given.pass === signature.pass,
    );
    if (!keys || !proof || (await signerOf(proof)) !== keys.thumbprint) return this.#unsigned();
    if (this.joined?.thumbprint === from) this.joined = { ...keys, renewedFrom: from };
    else if (this.joined?.renewedFrom !== from || this.joined.thumbprint !== keys.thumbprint) {
      return refusal(403, 'device-key-ended');
    }
    return this.#sealed(signature, 'keys', this.#admission(keys.thumbprint));
  }

  #admission(thumbprint: string): Record<string, unknown> {
    const pass = this.passOf(thumbprint);
    return this.admitted({ ...CLIENT, thumbprint, pass, channelKey: this.channelKeyOf(pass) });
  }

  async #sealed({ pass, nonce }: UnverifiedSignature, kind: AnswerScope['kind'], content: unknown): Promise<Reply> {
    const sealingKey = this.sealTo ?? this.joined?.keys.sealing;
    if (!sealingKey) return refusal(403, 'device-key-ended');
    const { kind: claimed = kind, ...forged } = this.forged;
    const channel = { sealingKey, channelKey: this.channelKeyOf(pass), nonce, ...forged };
    return { status: 200, body: { sealed: await sealAnswer(content, claimed, channel) } };
  }

  async #messages(signature: UnverifiedSignature, thumbprint: string): Promise<Reply> {
    const pass = this.passOf(thumbprint);
    const { messages } = this;
    if (messages.length === 0 && signature.pass === pass) return { status: 204 };
    const admission = signature.pass === pass ? {} : { admission: { pass, channelKey: this.channelKeyOf(pass) } };
    const plain = this.sealedMessages({ ...CLIENT, time: this.now().toISOString(), messages, ...admission });
    return this.#sealed(signature, 'messages', plain);
  }

  async #secret(signature: UnverifiedSignature, query: URLSearchParams): Promise<Reply> {
    const name = (query.get('name') ?? '').toLowerCase();
    const version = query.get('version');
    const versions = this.secrets.get(name) ?? [];
    const found = version === null ? versions.at(-1) : versions.find((one) => one.version === version);
    if (!found) return refusal(404, 'secret-missing');
    return this.#sealed(signature, 'secret', this.sealed({ name, ...found, tags: this.tags }));
  }
}

async function keysIn(body: string): Promise<{ keys: DeviceKeys; thumbprint: string } | undefined> {
  const parsed = deviceKeysBody.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  const { signingKey, sealingKey } = parsed.data;
  return { keys: { signing: signingKey, sealing: sealingKey }, thumbprint: await thumbprintOf(signingKey) };
}

function refusal(status: number, code: string): Reply {
  return { status, body: { code, title: 'refused' } };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
