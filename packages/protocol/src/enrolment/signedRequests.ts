import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../json/parseJson.js';
import { signatureAlgorithm, signingKey, thumbprintOf, type SigningKey } from './deviceKeys.js';
import { joinProof, type JoinCredential } from './joinToken.js';

/**
 * Requests that a device signs: `Authorization: Device {JWS}`. The JWS (RFC 7515, compact) carries the device's public
 * key in its header, as DPoP does (RFC 9449), and covers method, path, body and time. The scheme is our own because
 * DPoP covers no body (docs/decisions/0047-enrolment.md).
 */
const SCHEME = /^Device ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/;

/** Maximum characters of the header; a longer one is not parsed. */
const MAX_HEADER = 4096;

/** The header `typ`, so that a signature for another purpose is none here. Source: RFC 8725, section 3.11. */
const TYPE = 'device-request+jwt';

/** Seconds by which a request's time may differ from the verifier's. */
export const CLOCK_WINDOW = 300;

/** Bytes of the random value that makes each request unique. */
const NONCE_BYTES = 16;

/** What is signed of a request. */
export interface SignedParts {
  /** Upper case. */
  readonly method: string;
  /** Path with query, as in the request line. */
  readonly path: string;
  /** Empty for a request without a body. */
  readonly body: string;
}

const protectedHeader = z.strictObject({
  typ: z.literal(TYPE),
  alg: z.enum(['ES256', 'EdDSA']),
  jwk: signingKey,
});
type ProtectedHeader = z.infer<typeof protectedHeader>;

const claims = z.strictObject({
  method: z.string(),
  path: z.string(),
  /** SHA-256 of the body in base64url. */
  digest: z.string(),
  /** Seconds since 1970. */
  iat: z.int().min(0),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22,43}$/),
  /** What lets the device in: the part of its join token that is not secret, or the pass that it got for it. */
  pass: z.string().min(1).max(2048),
  /** With a join token: the proof that the sender has the other part. */
  join: joinProof.exactOptional(),
});
type Claims = z.infer<typeof claims>;

/** What a device protects with a signature: its purpose, the algorithm and its public key. */
export interface SignatureHeader {
  readonly typ: string;
  readonly alg: ProtectedHeader['alg'];
  readonly jwk: SigningKey;
}

/** Signs with a device's key, wherever that key is: in a file, or in a TPM that never lets it out. */
export interface RequestSigner {
  readonly publicKey: SigningKey;
  /** @returns a JWS in compact serialization over the payload, with this protected header */
  readonly sign: (header: SignatureHeader, payload: Uint8Array) => Promise<string>;
}

/** A signature, and the random value by which its answer is recognized. */
export interface SignedHeader {
  /** The value of the header `Authorization`. */
  readonly authorization: string;
  readonly nonce: string;
}

/**
 * Signs a request.
 * @param pass the device's pass, or its join token
 * @returns the value of the header `Authorization`
 */
export async function signRequest(
  parts: SignedParts,
  pass: string | JoinCredential,
  signer: RequestSigner,
  now: Date,
): Promise<string> {
  const { authorization } = await signWithNonce(parts, pass, signer, now);
  return authorization;
}

/** As {@link signRequest}, for a sender that verifies the answer. */
export async function signWithNonce(
  { method, path, body }: SignedParts,
  pass: string | JoinCredential,
  signer: RequestSigner,
  now: Date,
): Promise<SignedHeader> {
  const nonce = randomBytes(NONCE_BYTES).toString('base64url');
  const header: ProtectedHeader = {
    typ: TYPE,
    alg: signatureAlgorithm(signer.publicKey),
    jwk: signer.publicKey,
  };
  const payload: Claims = {
    method,
    path,
    digest: digestOf(body),
    iat: Math.floor(now.getTime() / 1000),
    nonce,
    ...(typeof pass === 'string'
      ? { pass }
      : { pass: pass.presented, join: await pass.prove(signer.publicKey, nonce) }),
  };
  const jws = await signer.sign(header, new TextEncoder().encode(JSON.stringify(payload)));
  return { authorization: `Device ${jws}`, nonce };
}

/** A request's signature whose form is right. Nothing in it is verified: anybody can have written it. */
export interface UnverifiedSignature extends Claims {
  readonly key: SigningKey;
  readonly jws: string;
}

/** Why a signature is refused. */
export type SignatureFault = 'malformed' | 'wrong-request' | 'wrong-body' | 'wrong-time' | 'wrong-signature';

/**
 * Reads the header without verifying anything, so that the pass in it can be checked first, which costs less than a
 * signature.
 *
 * @returns undefined unless the header has exactly the form of {@link signRequest}
 */
export function readSignature(authorization: string | null): UnverifiedSignature | undefined {
  if (authorization === null || authorization.length > MAX_HEADER) return undefined;
  const jws = SCHEME.exec(authorization)?.[1];
  const [first, second] = jws?.split('.') ?? [];
  if (jws === undefined || first === undefined || second === undefined) return undefined;
  const header = protectedHeader.safeParse(parseJson(fromBase64url(first)));
  const payload = claims.safeParse(parseJson(fromBase64url(second)));
  if (!header.success || !payload.success) return undefined;
  const { alg, jwk } = header.data;
  return alg === signatureAlgorithm(jwk) ? { ...payload.data, key: jwk, jws } : undefined;
}

/**
 * Verifies a signature against the request's line, its time and its key. The body is verified by {@link isBodyOf}, once
 * it is worth reading.
 */
export async function verifySignature(
  signature: UnverifiedSignature,
  { method, path }: Pick<SignedParts, 'method' | 'path'>,
  now: Date,
): Promise<Exclude<SignatureFault, 'malformed' | 'wrong-body'> | undefined> {
  if (signature.method !== method || signature.path !== path) return 'wrong-request';
  if (Math.abs(signature.iat - now.getTime() / 1000) > CLOCK_WINDOW) return 'wrong-time';
  const { compactVerify, importJWK } = await import('jose');
  try {
    const algorithm = signatureAlgorithm(signature.key);
    await compactVerify(signature.jws, await importJWK(signature.key, algorithm), { algorithms: [algorithm] });
    return undefined;
  } catch {
    // A point that is not on its curve, or a signature that does not fit: both are the sender's fault.
    return 'wrong-signature';
  }
}

/** Whether a request's body is the one that was signed. */
export function isBodyOf(signature: Pick<UnverifiedSignature, 'digest'>, body: string): boolean {
  return signature.digest === digestOf(body);
}

/** The thumbprint of the key of a signature. */
export function signerOf({ key }: Pick<UnverifiedSignature, 'key'>): Promise<string> {
  return thumbprintOf(key);
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('base64url');
}

function fromBase64url(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8');
}
