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
import { seal } from '@connected-registry/protocol/enrolment/sealing';
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
 * The app as a device sees it, with one client. Signatures, times, bodies, nonces and passes are verified as the protocol
 * has it, so that no request passes by accident.
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
  /** The key to seal to, instead of the device's. */
  sealTo: DeviceKeys['sealing'] | undefined;
  /** Tags of secrets. */
  tags: Record<string, string> = { managedBy: MANAGED_BY, ...CLIENT };
  joined: { keys: DeviceKeys; thumbprint: string; renewedFrom?: string } | undefined;

  #serverKey = 'key-1';
  readonly #knownKeys = new Set(['key-1']);
  #token: { hash: string; usedBy?: string; isExpired?: boolean } | undefined;
  readonly #issued = new Set<string>();
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
    const token = `crjoin1.${randomBytes(32).toString('base64url')}.k.m`;
    this.#issued.add(token);
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

  /** Accepts only passes by the newest key. */
  forgetServerKeys(): void {
    this.#knownKeys.clear();
    this.#knownKeys.add(this.#serverKey);
  }

  passOf(thumbprint: string, key: string = this.#serverKey): string {
    return `crpass1.${key}.${thumbprint}.${createHmac('sha256', key).update(thumbprint).digest('base64url')}`;
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
    const signature = await this.#verified(authorization, request, body, (pass, signer) =>
      isRedeem ? this.#issued.has(pass) : this.#isPass(pass, signer),
    );
    if (!signature) return this.#unsigned();
    const thumbprint = await signerOf(signature);
    this.accepted.push({ path: request.url ?? '', thumbprint });
    if (isRedeem) return this.#redeem(signature, thumbprint, body);
    if (pathname === DEVICE_KEYS_PATH) return this.#renew(signature, thumbprint, request, body);
    if (this.joined?.thumbprint !== thumbprint) return refusal(403, 'device-key-ended');
    if (pathname === DEVICE_MESSAGES_PATH) return this.#messages(signature, thumbprint);
    if (pathname === DEVICE_SECRETS_PATH) return this.#secret(searchParams);
    return refusal(404, 'no-such-route');
  }

  async #verified(
    authorization: string | null,
    request: IncomingMessage,
    body: string,
    isPass: (pass: string, signer: string) => boolean,
  ): Promise<UnverifiedSignature | undefined> {
    const signature = readSignature(authorization);
    if (!signature || !isPass(signature.pass, await signerOf(signature))) return undefined;
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

  async #redeem(signature: UnverifiedSignature, thumbprint: string, body: string): Promise<Reply> {
    const keys = await keysIn(body);
    if (keys?.thumbprint !== thumbprint) return refusal(400, 'invalid-request');
    const token = this.#token;
    if (token?.hash !== hashOf(signature.pass)) return refusal(410, 'join-token-unknown');
    if (token.usedBy === undefined) {
      if (token.isExpired === true) return refusal(410, 'join-token-expired');
      token.usedBy = thumbprint;
      this.joined = keys;
    } else if (token.usedBy !== thumbprint || this.joined?.thumbprint !== thumbprint) {
      return refusal(403, 'join-token-used');
    }
    return this.#admitted(thumbprint);
  }

  async #renew({ pass }: UnverifiedSignature, from: string, request: IncomingMessage, body: string): Promise<Reply> {
    const keys = await keysIn(body);
    const header = request.headers[KEY_PROOF_HEADER];
    const proof = await this.#verified(
      typeof header === 'string' ? header : null,
      request,
      body,
      (given) => given === pass,
    );
    if (!keys || !proof || (await signerOf(proof)) !== keys.thumbprint) return this.#unsigned();
    if (this.joined?.thumbprint === from) this.joined = { ...keys, renewedFrom: from };
    else if (this.joined?.renewedFrom !== from || this.joined.thumbprint !== keys.thumbprint) {
      return refusal(403, 'device-key-ended');
    }
    return this.#admitted(keys.thumbprint);
  }

  #admitted(thumbprint: string): Reply {
    return { status: 200, body: { ...CLIENT, thumbprint, pass: this.passOf(thumbprint) } };
  }

  async #messages({ pass }: UnverifiedSignature, thumbprint: string): Promise<Reply> {
    const fresh = this.passOf(thumbprint);
    const { messages } = this;
    if (messages.length === 0 && pass === fresh) return { status: 204 };
    const plain = this.sealedMessages({ ...CLIENT, time: this.now().toISOString(), messages });
    const to = this.sealTo ?? this.joined?.keys.sealing;
    const sealed = to && messages.length > 0 && (await seal(JSON.stringify(plain), to));
    return { status: 200, body: { ...(sealed && { sealed }), ...(pass !== fresh && { pass: fresh }) } };
  }

  async #secret(query: URLSearchParams): Promise<Reply> {
    const name = (query.get('name') ?? '').toLowerCase();
    const version = query.get('version');
    const versions = this.secrets.get(name) ?? [];
    const found = version === null ? versions.at(-1) : versions.find((one) => one.version === version);
    const to = this.sealTo ?? this.joined?.keys.sealing;
    if (!found || !to) return refusal(404, 'secret-missing');
    const plain = this.sealed({ name, ...found, tags: this.tags });
    return { status: 200, body: { sealed: await seal(JSON.stringify(plain), to) } };
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
