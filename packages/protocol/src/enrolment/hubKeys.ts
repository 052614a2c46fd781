import { z } from 'zod';
import { parseJson } from '../json/parseJson.js';
import {
  sealingKey,
  signatureAlgorithm,
  signingKey,
  thumbprintOf,
  type DeviceKeys,
  type SealingKey,
} from './deviceKeys.js';
import { seal } from './sealing.js';
import type { RequestSigner } from './signedRequests.js';

/*
 * Keys that a device of an IoT Hub reports in its twin. Only the device can write there, so the hub vouches that they
 * are its own (docs/decisions/0048-keys-that-a-hub-vouches-for.md). They are one text, a JWS by the signing key: a twin
 * merges objects, and would mix members of an old key into a new one.
 */

/** Which property of `reported` has the keys. */
export const HUB_KEYS = { section: 'connectedRegistry', property: 'keys' } as const;

/** The identity in whose twin the keys are. They are valid in no other. */
export interface HubPlace {
  /** Host name of the hub, in any case. */
  readonly hub: string;
  readonly device: string;
  readonly module?: string;
}

/** Maximum characters: that of a text in a twin. Source: Azure docs, iot-hub-devguide-device-twins. */
const MAX_CHARACTERS = 4096;

/** The header `typ`, so that a signature for another purpose is none here. Source: RFC 8725, section 3.11. */
const TYPE = 'hub-device-keys+jws';

const form = z
  .string()
  .max(MAX_CHARACTERS)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
const header = z.strictObject({ typ: z.literal(TYPE), alg: z.enum(['ES256', 'EdDSA']), jwk: signingKey });
const payload = z.strictObject({
  hub: z.string(),
  device: z.string(),
  module: z.string().exactOptional(),
  sealing: sealingKey,
});

/**
 * Signs a device's public keys for its twin.
 * @returns a JWS in compact serialization (RFC 7515), below 1,000 characters for device ids of common length
 */
export function signHubKeys(
  { hub, device, module }: HubPlace,
  sealing: SealingKey,
  signer: RequestSigner,
): Promise<string> {
  const { publicKey: jwk } = signer;
  const place = { hub: hub.toLowerCase(), device, ...(module === undefined ? {} : { module }) };
  const content: z.infer<typeof payload> = { ...place, sealing };
  const text = new TextEncoder().encode(JSON.stringify(content));
  return signer.sign({ typ: TYPE, alg: signatureAlgorithm(jwk), jwk }, text);
}

/** Keys whose owner has proven that it has them. */
export interface HubKeys {
  readonly keys: DeviceKeys;
  /** Of the signing key. */
  readonly thumbprint: string;
}

/**
 * - `malformed`: not a JWS of this form, or a key of another curve or with other members.
 * - `elsewhere`: signed for another hub, device or module.
 * - `unproven`: the signature is not by this key, or the key is no point of its curve.
 * - `unusable`: nothing can be sealed to the sealing key, or both keys are the same.
 */
export type HubKeysFault = 'malformed' | 'elsewhere' | 'unproven' | 'unusable';

/**
 * Reads what a twin has of a device's keys. The device chooses the value, so nothing of it is passed on but keys of
 * exactly the known forms.
 *
 * @param value the property as it is in the twin
 * @param place the identity in whose twin it is
 */
export async function readHubKeys(
  value: unknown,
  place: HubPlace,
): Promise<HubKeys | { readonly fault: HubKeysFault }> {
  const jws = form.safeParse(value);
  if (!jws.success) return { fault: 'malformed' };
  const [head = '', body = ''] = jws.data.split('.');
  const [found, claimed] = [header.safeParse(decoded(head)), payload.safeParse(decoded(body))];
  if (!found.success || !claimed.success) return { fault: 'malformed' };
  const { jwk: signing, alg } = found.data;
  const { sealing, ...claims } = claimed.data;
  if (alg !== signatureAlgorithm(signing)) return { fault: 'malformed' };
  if (!isSamePlace(claims, place)) return { fault: 'elsewhere' };
  if (!(await isSignedBy(jws.data, signing))) return { fault: 'unproven' };
  if (signing.x === sealing.x || !(await isUsable(sealing))) return { fault: 'unusable' };
  return { keys: { signing, sealing }, thumbprint: await thumbprintOf(signing) };
}

function isSamePlace(one: HubPlace, other: HubPlace): boolean {
  return one.hub === other.hub.toLowerCase() && one.device === other.device && one.module === other.module;
}

async function isSignedBy(jws: string, key: DeviceKeys['signing']): Promise<boolean> {
  const { compactVerify, importJWK } = await import('jose');
  try {
    const algorithm = signatureAlgorithm(key);
    await compactVerify(jws, await importJWK(key, algorithm), { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}

/** A point that is not on its curve, or that agrees on no secret (RFC 7748, section 6.1), is found out by using it. */
async function isUsable(key: SealingKey): Promise<boolean> {
  try {
    await seal('', key);
    return true;
  } catch {
    return false;
  }
}

function decoded(part: string): unknown {
  return parseJson(Buffer.from(part, 'base64url').toString('utf8'));
}
