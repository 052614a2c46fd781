import { createHash, randomBytes } from 'node:crypto';
import { signatureAlgorithm } from '@connected-registry/protocol/enrolment/deviceKeys';
import {
  DEVICE_KEYS_PATH,
  DEVICE_MESSAGES_PATH,
  DEVICE_SECRETS_PATH,
  KEY_PROOF_HEADER,
  REDEEM_PATH,
} from '@connected-registry/protocol/enrolment/messages';
import { readSignature } from '@connected-registry/protocol/enrolment/signedRequests';
import type { SigningDevice } from '../../../shared/signingDevice.js';
import type { SeededRandom } from '../../races/seededRandom.js';
import type { RawRequest } from './rawRequest.js';
import type { Reason } from './reasons.js';
import type { JoinedParty, Scene } from './scene.js';

/** What an enemy sends. */
export interface Forgery {
  readonly request: RawRequest;
  /** What the right device has sent before, and the app has accepted: the enemy has seen it. */
  readonly before?: RawRequest;
}

/** Requests that are forged in one way. */
export interface Family {
  readonly name: string;
  /** Why the app may refuse them. At least one of a run must be refused for the first reason. */
  readonly reasons: readonly [Reason, ...Reason[]];
  /** @param dice chooses what is left open */
  forge(scene: Scene, dice: SeededRandom, now: Date): Promise<Forgery>;
}

/** Path and method of a request, and its body. */
export interface Line {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

export const pick = <T>(dice: SeededRandom, list: readonly [T, ...T[]]): T =>
  list[dice.whole(0, list.length - 1)] ?? list[0];

const messages: Line = { method: 'GET', path: `${DEVICE_MESSAGES_PATH}?wait=0` };

/** A request of a device that changes nothing. */
export function asks(dice: SeededRandom, { secret }: JoinedParty): Line {
  const path = `${DEVICE_SECRETS_PATH}?name=${secret}`;
  return pick(dice, [messages, { method: 'GET', path }]);
}

/** The line of a renewal to keys. */
export const renewalTo = ({ keys }: SigningDevice): Line & { readonly body: string } => ({
  method: 'POST',
  path: DEVICE_KEYS_PATH,
  body: JSON.stringify(keys),
});

/** The line of a redemption by a device. */
export const redemptionBy = ({ keys }: SigningDevice): Line & { readonly body: string } => ({
  method: 'POST',
  path: REDEEM_PATH,
  body: JSON.stringify(keys),
});

export interface Headers {
  readonly authorization?: string;
  readonly proof?: string;
}

/** A request with these headers. */
export function requestOf({ method, path, body }: Line, { authorization, proof }: Headers): RawRequest {
  return {
    method,
    path,
    headers: [
      ...(authorization === undefined ? [] : [['authorization', authorization] as const]),
      ...(proof === undefined ? [] : [[KEY_PROOF_HEADER, proof] as const]),
      ...(body === undefined ? [] : [['content-type', 'application/json'] as const]),
    ],
    ...(body !== undefined && { body }),
  };
}

/** What the party itself would send now. */
export async function goodRequest({ device, pass }: JoinedParty, line: Line, now: Date): Promise<RawRequest> {
  return requestOf(line, { authorization: await device.sign(line, pass, now) });
}

export type Members = Readonly<Record<string, unknown>>;

/** The members of a signature, as a device makes them. */
export function membersOf(
  device: SigningDevice,
  { method, path, body = '' }: Line,
  pass: string,
  now: Date,
): { readonly header: Members; readonly claims: Members } {
  const { signingKey } = device.keys;
  return {
    header: { typ: 'device-request+jwt', alg: signatureAlgorithm(signingKey), jwk: signingKey },
    claims: {
      method,
      path,
      digest: createHash('sha256').update(body).digest('base64url'),
      iat: Math.floor(now.getTime() / 1000),
      nonce: randomBytes(16).toString('base64url'),
      pass,
    },
  };
}

export const encoded = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs whatever the header and the claims say. A text is taken as it is. */
export async function signedAs(
  device: Pick<SigningDevice, 'signBytes'>,
  header: unknown,
  claims: unknown,
): Promise<string> {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `Device ${text}.${Buffer.from(await device.signBytes(Buffer.from(text))).toString('base64url')}`;
}

/** The three parts of a signature. */
export const partsOf = (authorization: string): [string, string, string] =>
  authorization.slice('Device '.length).split('.') as [string, string, string];

export const joined = (...parts: readonly string[]): string => `Device ${parts.join('.')}`;

/** The random value and the proof of a request that was seen. */
export function seenIn(authorization: string): NonNullable<ReturnType<typeof readSignature>> {
  const signature = readSignature(authorization);
  if (!signature) throw new Error('The request is signed.');
  return signature;
}
