import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { inEnvelope, sealAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import type { SealingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import { joinCredential, sealToJoiner } from '@connected-registry/protocol/enrolment/joinToken';
import {
  deviceKeysBody,
  DEVICE_MESSAGES_PATH,
  DEVICE_SECRETS_PATH,
  REDEEM_PATH,
} from '@connected-registry/protocol/enrolment/messages';
import { readSignature, signRequest } from '@connected-registry/protocol/enrolment/signedRequests';
import { authorizeReport, readReportMac } from '@connected-registry/protocol/messages/reportMac';
import { startPlainServer } from '../../shared/plainServer.js';
import { signingDevice, type SigningDevice } from '../../shared/signingDevice.js';

interface Answer {
  readonly status: number;
  readonly text: string;
}
interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
type Attack = (seen: Seen) => Promise<Answer>;

/** What the proxy would have the device's consumers log in with. */
export const PLANTED = 'planted-by-the-proxy';

/** The digest that the proxy would have the device's report claim. */
export const FORGED_DIGEST = `sha256:${'f0'.repeat(32)}`;

/** The route of reports, without operation and attempt. */
const REPORTS_PATH = '/api/pull-checks';
/** Requests for a candidate, which only a pull check reads. */
const CANDIDATES = `${DEVICE_SECRETS_PATH} candidate`;

/** By what attacks are listed. */
function kindOf(path: string): string {
  const [route = '', query] = path.split('?');
  if (route.startsWith(`${REPORTS_PATH}/`)) return REPORTS_PATH;
  const isCandidate = new URLSearchParams(query).get('name')?.endsWith('-candidate');
  return route === DEVICE_SECRETS_PATH && isCandidate ? CANDIDATES : route;
}

const made = () => randomBytes(32).toString('base64url');
const good = (body: unknown): Answer => ({ status: 200, text: JSON.stringify(body) });

/**
 * A proxy that ends TLS between a device and the app: it reads and changes everything. It has keys of its own, and
 * takes part in the protocol as far as it can. Each list of attacks is used up, one for a request; then it is honest.
 */
export class HostileProxy {
  url = '';
  /** What the app has answered to requests of the proxy's own. */
  readonly refusals: Answer[] = [];
  /** Outcomes that the device has reported, and that the proxy has tried to change. */
  readonly changedOutcomes: string[] = [];
  /** How the app has answered a report of the device, and the same one again. */
  readonly repeated: number[] = [];
  /** Attacks that were made, by name. */
  readonly made: string[] = [];
  #victim: SealingKey | undefined;
  #kept: Answer | undefined;
  #close: () => Promise<void> = () => Promise.resolve();
  readonly #attacks: Readonly<Record<string, [string, Attack][]>> = {
    [REDEEM_PATH]: [
      ['joins with keys of its own, and forges the answer', (seen) => this.#joins(seen)],
      ['seals an answer with a secret of its own', (seen) => this.#sealsJoin(seen)],
      ['answers with what was the answer to another request', () => Promise.resolve(this.#kept ?? good({}))],
    ],
    [DEVICE_MESSAGES_PATH]: [
      ['a pass in clear', () => Promise.resolve(good({ messages: [], pass: 'crpass1.forged' }))],
      ['messages in clear', () => Promise.resolve(good({ messages: [] }))],
      [
        'a pass that it has sealed',
        (seen) => this.#seals(seen, 'messages', { admission: { pass: 'p', channelKey: made() } }),
      ],
    ],
    [DEVICE_SECRETS_PATH]: [
      ['a secret that it has sealed', (seen) => this.#seals(seen, 'secret', secretOf(seen.path))],
    ],
    [CANDIDATES]: [['a candidate that it has sealed', (seen) => this.#seals(seen, 'secret', secretOf(seen.path))]],
    [REPORTS_PATH]: [["a pull in place of the device's report", (seen) => this.#changesReport(seen)]],
  };

  private constructor(
    private readonly app: string,
    private readonly own: SigningDevice,
  ) {}

  static async start(app: string): Promise<HostileProxy> {
    const proxy = new HostileProxy(app, await signingDevice('ES256'));
    const server = await startPlainServer((request, response, body) => void proxy.#receive(request, response, body));
    proxy.url = server.url;
    proxy.#close = () => server.close();
    return proxy;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Number of attacks that were not made yet. */
  get left(): number {
    return Object.values(this.#attacks).flat().length;
  }

  async #receive(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const { authorization = '' } = request.headers;
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name) ? [[name, value]] : [],
      ),
    );
    const seen = { method: request.method ?? '', path: request.url ?? '', authorization, headers, body };
    const [name, attack] = this.#attacks[kindOf(seen.path)]?.shift() ?? [];
    if (name !== undefined) this.made.push(name);
    const { status, text } = await (attack ?? ((one) => this.#forward(one)))(seen).catch((error: unknown) => ({
      status: 502,
      text: String(error),
    }));
    response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : text);
  }

  async #forward({ method, path, headers, body }: Seen): Promise<Answer> {
    const answer = await fetch(`${this.app}${path}`, { method, headers, ...(body !== '' && { body }) });
    return { status: answer.status, text: await answer.text() };
  }

  /** Tries to join in the device's place, with all that it has seen. */
  async #joins(seen: Seen): Promise<Answer> {
    const signature = readSignature(seen.authorization);
    const theirs = deviceKeysBody.parse(JSON.parse(seen.body));
    this.#victim = theirs.sealingKey;
    const { pass = '', join } = signature ?? {};
    const own = JSON.stringify(this.own.keys);
    const parts = { method: seen.method, path: seen.path, body: own };
    const proofs = [
      // The device's own proof, and one by a secret that it makes up.
      { presented: pass, prove: () => Promise.resolve(join ?? { sealing: '', mac: '' }) },
      joinCredential({ presented: pass, secret: made() }, this.own.keys.sealingKey),
    ];
    for (const proof of proofs) {
      const authorization = await signRequest(parts, proof, this.own.signer, new Date());
      this.refusals.push(await this.#forward({ ...seen, headers: { ...seen.headers, authorization }, body: own }));
    }
    const authorization = await signRequest(parts, pass, this.own.signer, new Date());
    this.refusals.push(await this.#forward({ ...seen, headers: { ...seen.headers, authorization }, body: own }));
    // The device's signature, with a sealing key of its own in the body.
    const body = JSON.stringify({ ...theirs, sealingKey: this.own.keys.sealingKey });
    this.refusals.push(await this.#forward({ ...seen, body }));
    return good({ registry: 'r', connectedRegistry: 'c', client: 'd', thumbprint: 't', pass: 'p', channelKey: made() });
  }

  /** Tries to have the app believe in a pull that never was, with all that the device has sent; then is honest. */
  async #changesReport(seen: Seen): Promise<Answer> {
    const { path, authorization: theirs, headers } = seen;
    const report = z.looseObject({ outcome: z.string() }).parse(JSON.parse(seen.body));
    this.changedOutcomes.push(report.outcome);
    const body = JSON.stringify({ ...report, outcome: 'pulled', digest: FORGED_DIGEST, bytes: 1 });
    const { keyId = '', expiresAt = '', mac = '' } = readReportMac(theirs) ?? {};
    const digest = createHash('sha256').update(body).digest('hex');
    for (const authorization of [
      theirs,
      theirs.replace(/digest="[^"]*"/, `digest="${digest}"`),
      // What it has read is no key, neither to prove nor to send.
      authorizeReport({ keyId, expiresAt, reportKey: mac }, { path, body }),
      `PullCheck ${keyId}:${mac.slice(0, 43)}`,
    ])
      this.refusals.push(await this.#forward({ ...seen, headers: { ...headers, authorization }, body }));
    const honest = await this.#forward(seen);
    // The same report again is the same report.
    const again = await this.#forward(seen);
    this.repeated.push(honest.status, again.status);
    return honest;
  }

  /** Lets the device join, and keeps the answer for the next request. */
  async #sealsJoin(seen: Seen): Promise<Answer> {
    this.#kept = await this.#forward(seen);
    const { nonce = '' } = readSignature(seen.authorization) ?? {};
    return good({ sealed: await sealToJoiner(inEnvelope({}, { kind: 'join', nonce }), made()) });
  }

  /** Seals to the device's key, which it has seen, for exactly this request. */
  async #seals({ authorization }: Seen, kind: 'messages' | 'secret', content: object): Promise<Answer> {
    const { nonce = '' } = readSignature(authorization) ?? {};
    if (!this.#victim) throw new Error('The proxy has seen the join.');
    return good({ sealed: await sealAnswer(content, kind, { sealingKey: this.#victim, channelKey: made(), nonce }) });
  }
}

function secretOf(path: string): object {
  const name = new URLSearchParams(path.split('?')[1]).get('name');
  return { name, version: 'v1', createdOn: '2026-01-01T00:00:00Z', tags: {}, value: PLANTED };
}
