import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { fromEnvelope, verifyAnswer, type AnswerScope } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { joinCredential, openAsJoiner, splitJoinToken } from '@connected-registry/protocol/enrolment/joinToken';
import {
  DEVICE_MESSAGES_PATH,
  DEVICE_SECRETS_PATH,
  joinedAnswer,
  REDEEM_PATH,
  sealedAnswer,
  sealedSecret,
  type Admission,
} from '@connected-registry/protocol/enrolment/messages';
import { open } from '@connected-registry/protocol/enrolment/sealing';
import { signWithNonce } from '@connected-registry/protocol/enrolment/signedRequests';
import {
  CREDENTIAL_PROMOTED,
  credentialPromoted,
  PULL_CHECK_REQUESTED,
  pullCheckRequested,
  type CredentialPromoted,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import { acknowledgementPath, authorizeReport } from '@connected-registry/protocol/messages/reportMac';
import { report } from '../devices.js';
import { makeFleetKeys, type FleetKeys } from './deviceKeys.js';

/** Seconds for which the app may hold a request for messages: the agent's default. */
const WAIT = 25;
/** Seconds before a request is repeated that the app is too busy for, unless it says. */
const RETRY_AFTER = 1;
/** Milliseconds before the next request if all messages are known: their answers take effect in a moment. */
const KNOWN_PAUSE = 250;

const messages = z.object({ messages: z.array(z.object({ type: z.string(), data: z.unknown() })) });

/** What the devices of a fleet have in common. */
export interface FleetContext {
  readonly url: string;
  readonly promoted: Set<string>;
  readonly counts: PollCounts;
  readonly ending: AbortSignal;
}

/** Requests for messages of all devices. */
export interface PollCounts {
  answered: number;
  /** Answered 429 or 503, and repeated. */
  refused: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Milliseconds. */
  readonly retryAfter: number;
}

/** An answer to a device that has joined, and the random value of its request. */
interface DeviceAnswer extends Answer {
  readonly nonce: string;
}

/** One device of a fleet that has joined: it has its keys and its pass, and does what the agent does but the pull. */
export class FleetDevice {
  readonly #known = new Set<string>();

  private constructor(
    private readonly fleet: FleetContext,
    private readonly keys: FleetKeys,
    private readonly admission: Admission,
  ) {}

  /** Makes keys, and redeems a join token with them. @throws if the app refuses the token */
  static async join(fleet: FleetContext, joinToken: string): Promise<FleetDevice> {
    const keys = await makeFleetKeys();
    const path = REDEEM_PATH;
    const body = JSON.stringify(keys.body);
    const token = splitJoinToken(joinToken);
    if (!token) throw new Error('The app has issued a join token of an unknown form.');
    for (;;) {
      const credential = joinCredential(token, keys.body.sealingKey);
      const parts = { method: 'POST', path, body };
      const { authorization, nonce } = await signWithNonce(parts, credential, keys.signer, new Date());
      const headers = { authorization, 'content-type': 'application/json' };
      const answer = await send(`${fleet.url}${path}`, { method: 'POST', headers, body, signal: fleet.ending });
      if (answer.status === 200) {
        const text = await openAsJoiner(sealedAnswer.parse(answer.body).sealed, token.secret);
        const { pass, channelKey } = joinedAnswer.parse(fromEnvelope(text, { kind: 'join', nonce })?.content);
        return new FleetDevice(fleet, keys, { pass, channelKey });
      }
      if (answer.status !== 429 && answer.status !== 503)
        throw new Error(`A device was not let in: ${answer.status} ${JSON.stringify(answer.body)}`);
      await sleep(answer.retryAfter, undefined, { signal: fleet.ending });
    }
  }

  /** Asks for messages and answers them until the fleet ends. @throws if the app refuses the device for good */
  async run(): Promise<void> {
    const { counts, ending } = this.fleet;
    while (!ending.aborted) {
      const answer = await this.#get(`${DEVICE_MESSAGES_PATH}?wait=${WAIT}`);
      const { status, body, retryAfter } = answer;
      if (status === 429 || status >= 500) {
        counts.refused += 1;
        await sleep(retryAfter, undefined, { signal: ending });
        continue;
      }
      if (status !== 200 && status !== 204)
        throw new Error(`A device got ${status} instead of messages: ${JSON.stringify(body)}`);
      counts.answered += 1;
      if (status === 200 && !(await this.#take(answer))) await sleep(KNOWN_PAUSE, undefined, { signal: ending });
    }
  }

  /** @returns whether a message was new, and is done */
  async #take(answer: DeviceAnswer): Promise<boolean> {
    const content = await this.#open(answer, 'messages');
    let isNew = false;
    for (const { type, data } of messages.parse(content).messages) {
      const id = JSON.stringify([type, data]);
      if (this.#known.has(id)) continue;
      if (type === PULL_CHECK_REQUESTED) {
        const request = pullCheckRequested.parse(data);
        await this.#readSecret(request.secret);
        // A report that is not accepted is sent again when the message comes again.
        if (!(await isAccepted(report(this.fleet.url, request, 'pulled')))) continue;
      }
      if (type === CREDENTIAL_PROMOTED) await this.#acknowledge(credentialPromoted.parse(data));
      this.#known.add(id);
      isNew = true;
    }
    return isNew;
  }

  /** Reads a version of the device's secret, and opens it. */
  async #readSecret({ name, version }: CredentialPromoted['secret']): Promise<void> {
    for (;;) {
      const answer = await this.#get(`${DEVICE_SECRETS_PATH}?name=${name}&version=${version}`);
      const { status, body, retryAfter } = answer;
      if (status === 200) {
        const opened = sealedSecret.parse(await this.#open(answer, 'secret'));
        if (opened.version !== version) throw new Error(`${name} is another version.`);
        return;
      }
      if (status !== 429 && status < 500) throw new Error(`${name} was answered ${status}: ${JSON.stringify(body)}`);
      await sleep(retryAfter, undefined, { signal: this.fleet.ending });
    }
  }

  async #acknowledge({ operation, secret, keyId, reportKey, expiresAt }: CredentialPromoted): Promise<void> {
    const { url, promoted, ending } = this.fleet;
    promoted.add(operation);
    await this.#readSecret(secret);
    if (keyId === undefined || reportKey === undefined || expiresAt === undefined)
      throw new Error('A device got a promotion without the key of its acknowledgement.');
    const path = acknowledgementPath({ operation });
    const body = JSON.stringify({ expiresAt, version: secret.version, agent: 'bench:fleet' });
    const authorization = authorizeReport({ keyId, reportKey, expiresAt }, { path, body });
    const headers = { authorization, 'content-type': 'application/json' };
    for (;;) {
      const answer = await send(`${url}${path}`, {
        method: 'POST',
        headers,
        body,
        signal: ending,
      });
      if (answer.status !== 429 && answer.status < 500) return;
      await sleep(answer.retryAfter, undefined, { signal: ending });
    }
  }

  /** Opens an answer as the agent does. @throws if the app has not made it for this request */
  async #open({ body, nonce }: DeviceAnswer, kind: AnswerScope['kind']): Promise<unknown> {
    const jws = await open(sealedAnswer.parse(body).sealed, this.keys.sealing);
    const verified = await verifyAnswer(jws, { kind, nonce }, this.admission.channelKey);
    if (!verified) throw new Error('A device got an answer that is not the one of the app to its request.');
    return verified.content;
  }

  async #get(path: string): Promise<DeviceAnswer> {
    const { url, ending } = this.fleet;
    const parts = { method: 'GET', path, body: '' };
    const { authorization, nonce } = await signWithNonce(parts, this.admission.pass, this.keys.signer, new Date());
    return { ...(await send(`${url}${path}`, { headers: { authorization }, signal: ending })), nonce };
  }
}

/** A request without an answer, as to a host that is too busy, counts as refused. */
async function send(url: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Answer> {
  // fetch leaves its listener at a signal until the garbage is collected, and all devices share theirs.
  const own = new AbortController();
  const end = () => own.abort();
  init.signal.addEventListener('abort', end, { once: true });
  if (init.signal.aborted) end();
  try {
    const answer = await fetch(url, { ...init, signal: own.signal });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
      retryAfter: 1000 * Number(answer.headers.get('retry-after') ?? RETRY_AFTER),
    };
  } catch (error) {
    if (init.signal.aborted) throw error;
    return { status: 503, body: undefined, retryAfter: 1000 * RETRY_AFTER };
  } finally {
    init.signal.removeEventListener('abort', end);
  }
}

function isAccepted(sending: Promise<void>): Promise<boolean> {
  return sending.then(
    () => true,
    () => false,
  );
}
