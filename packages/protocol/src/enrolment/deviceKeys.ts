import { z } from 'zod';

/**
 * 32 bytes in base64url, as a coordinate of each curve below has. The last character has four bits, and two that are
 * zero: if they were not, decoders would ignore them (RFC 4648, section 3.5), and one key would have several
 * thumbprints.
 */
const coordinate = z
  .string('must be a text')
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'is not 32 bytes in base64url');

const p256 = z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate });
const octetPair = <Curve extends string>(crv: Curve) =>
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal(crv), x: coordinate });

/**
 * The required form of each key: shown as the fix of an invalid request, and as its description in the API.
 */
export const DEVICE_KEY_FIELDS = {
  signingKey: 'a public JWK with exactly kty, crv and x (and y): EC with P-256, or OKP with Ed25519',
  sealingKey: 'a public JWK with exactly kty, crv and x (and y): EC with P-256, or OKP with X25519',
} as const;

/**
 * The public key that verifies a device's requests. Unknown members are refused: a JWK with `d` is a private key, which
 * nobody else may have. Sources: RFC 7517, RFC 7518 (section 6.2), RFC 8037.
 */
export const signingKey = z
  .union([p256, octetPair('Ed25519')], 'is not a signing key')
  .describe(DEVICE_KEY_FIELDS.signingKey);
export type SigningKey = z.infer<typeof signingKey>;

/** The public key to which secrets for a device are sealed. */
export const sealingKey = z
  .union([p256, octetPair('X25519')], 'is not a sealing key')
  .describe(DEVICE_KEY_FIELDS.sealingKey);
export type SealingKey = z.infer<typeof sealingKey>;

/** The two public keys of a device. */
export interface DeviceKeys {
  readonly signing: SigningKey;
  readonly sealing: SealingKey;
}

/** The JWS algorithm of a signing key. Source: RFC 7518 (section 3.4), RFC 8037 (section 3.1). */
export function signatureAlgorithm({ kty }: SigningKey): 'ES256' | 'EdDSA' {
  return kty === 'EC' ? 'ES256' : 'EdDSA';
}

/** The SHA-256 thumbprint of a public key in base64url, 43 characters. Source: RFC 7638. */
export async function thumbprintOf(key: SigningKey | SealingKey): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose');
  return calculateJwkThumbprint(key, 'sha256');
}
