import { z } from 'zod';
import { CLOCK_MEMBER, KEY_PROOF_HEADER } from '@connected-registry/protocol/enrolment/messages';
import type { JoinCredential } from '@connected-registry/protocol/enrolment/joinToken';
import { signWithNonce } from '@connected-registry/protocol/enrolment/signedRequests';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { AgentClock } from '../agentClock.js';
import { askApp } from '../channels/appAnswer.js';
import type { AppAnswer } from '../channels/appAnswer.js';
import type { ClockSkew } from '../clockSkew.js';
import type { DeviceKeyStore } from './keys/deviceKeyStore.js';

/** A request of a device that has joined, or is about to. */
export interface DeviceRequest {
  readonly method: 'GET' | 'POST';
  /** Path with query. */
  readonly path: string;
  /** JSON; absent for a request without a body. */
  readonly body?: unknown;
  /** Maximum bytes of a good answer. */
  readonly limit: number;
  /** Milliseconds that the app may hold the request open. */
  readonly held?: number;
}

/** What lets a request in, and who signs it. */
export interface DeviceProof {
  /** The device's pass, or its join token, which is proven and not sent. */
  readonly pass: string | JoinCredential;
  readonly keys: DeviceKeyStore;
  /** Keys that prove themselves, too: those that are to replace `keys`. */
  readonly next?: DeviceKeyStore;
}

/** An answer, and the random value of its request, which an answer of the app repeats. */
export interface DeviceAnswer extends AppAnswer {
  readonly nonce: string;
}

export interface DeviceRequestsOptions {
  /** The app's address, an origin. */
  readonly url: string;
  /** Maximum milliseconds to wait for an answer, in addition to the time that the app may hold it. */
  readonly timeout: number;
  readonly clock: AgentClock;
  /** Observes what the app's answers say about this machine's clock. */
  readonly skew?: ClockSkew;
}

/** Maximum bytes of a refusal. */
const PROBLEM_LIMIT = 16 * 1024;
/** Milliseconds. A 401 that comes with less difference of the clocks has another cause than the clock. */
const WORTH_CORRECTING = 30_000;

const problem = z.object({ code: z.string().max(64).optional(), [CLOCK_MEMBER]: z.iso.datetime().optional() });

/** The code of a refusal; undefined for an answer that is none of the app's problems. */
export function problemCodeOf({ text }: AppAnswer): string | undefined {
  return problem.safeParse(parseJson(text)).data?.code;
}

/**
 * Sends signed requests. If the app refuses one because of its time, it is signed again by the app's clock: a device
 * may have no battery and no time server. Only this object's idea of the time is corrected; the machine's clock stays.
 */
export class DeviceRequests {
  /** Milliseconds that the app's clock is ahead of this machine's, as far as known. */
  #ahead = 0;

  constructor(private readonly options: DeviceRequestsOptions) {}

  /** The app's time, as far as known. */
  now(): Date {
    return new Date(this.options.clock.now().getTime() + this.#ahead);
  }

  /** Never throws: without an answer the reason is in the answer's text. */
  async send(request: DeviceRequest, proof: DeviceProof, signal: AbortSignal): Promise<DeviceAnswer> {
    const answer = await this.#once(request, proof, signal);
    this.options.skew?.observe(answer.date);
    return this.#corrects(answer) ? this.#once(request, proof, signal) : answer;
  }

  async #once(request: DeviceRequest, { pass, keys, next }: DeviceProof, signal: AbortSignal): Promise<DeviceAnswer> {
    const { url, timeout } = this.options;
    const { method, path, limit } = request;
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    const signedBy = ({ publicKeys, sign }: DeviceKeyStore) =>
      signWithNonce({ method, path, body }, pass, { publicKey: publicKeys.signing, sign }, this.now());
    let nonce = '';
    const answer = await askApp(timeout + (request.held ?? 0), signal, async () => {
      const signed = await signedBy(keys);
      nonce = signed.nonce;
      return {
        url: `${url}${path}`,
        init: {
          method,
          headers: {
            authorization: signed.authorization,
            accept: 'application/json',
            ...(next && { [KEY_PROOF_HEADER]: (await signedBy(next)).authorization }),
            ...(body !== '' && { 'content-type': 'application/json' }),
          },
          ...(body !== '' && { body }),
        },
        limit: (status) => (status === 200 ? limit : PROBLEM_LIMIT),
      };
    });
    return { ...answer, nonce };
  }

  /** Takes the app's time from a refusal. @returns whether that changes the time of a new signature */
  #corrects({ status, text }: AppAnswer): boolean {
    if (status !== 401) return false;
    const theirs = problem.safeParse(parseJson(text)).data?.[CLOCK_MEMBER];
    if (theirs === undefined) return false;
    this.options.skew?.observe(theirs);
    const difference = Date.parse(theirs) - this.now().getTime();
    if (Math.abs(difference) < WORTH_CORRECTING) return false;
    this.#ahead += difference;
    return true;
  }
}
