import { createHmac, hkdfSync } from 'node:crypto';
import { z } from 'zod';
import { thumbprintOf, type SealingKey, type SigningKey } from './deviceKeys.js';
import { CONTENT_ENCRYPTION } from './sealing.js';

/*
 * A join token is `crjoin1.{content}.{key id}.{secret}`. The secret is never sent: the device proves that it has it,
 * for its own keys, and the app encrypts its answer with it. So whoever ends TLS between them can neither join in the
 * device's place nor answer in the app's (docs/decisions/0047-enrolment.md).
 */

/** A join token, split at its last dot. */
export interface JoinTokenParts {
  /** What is sent: `crjoin1.{content}.{key id}`. It opens nothing. */
  readonly presented: string;
  /** What is not: a MAC by the app's server key, 32 bytes in base64url. */
  readonly secret: string;
}

const TOKEN = /^(crjoin1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** Splits a join token. @returns undefined for a text of another form */
export function splitJoinToken(token: string): JoinTokenParts | undefined {
  const [, presented, secret] = TOKEN.exec(token) ?? [];
  return presented === undefined || secret === undefined ? undefined : { presented, secret };
}

/** 32 bytes in base64url. */
const bytes = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Claim of a redemption: the sender has the secret of the join token, for exactly these keys and this request. */
export const joinProof = z.strictObject({
  /** Thumbprint of the sealing key in the body. The one of the signing key is that of the signature. */
  sealing: bytes,
  /** HMAC-SHA-256 in base64url, see {@link joinMacOf}. */
  mac: bytes,
});
export type JoinProof = z.infer<typeof joinProof>;

/** A join token as what lets a request in: it proves itself for each request anew. */
export interface JoinCredential {
  readonly presented: string;
  readonly prove: (signing: SigningKey, nonce: string) => Promise<JoinProof>;
}

/** @param sealing the device's sealing key, which the proof binds */
export function joinCredential({ presented, secret }: JoinTokenParts, sealing: SealingKey): JoinCredential {
  return {
    presented,
    prove: async (signing, nonce) => {
      const thumbprint = await thumbprintOf(sealing);
      const mac = joinMacOf(secret, { signing: await thumbprintOf(signing), sealing: thumbprint, nonce });
      return { sealing: thumbprint, mac };
    },
  };
}

/** What a proof binds: thumbprints of both keys, and the request's random value. */
export interface ProvenJoin {
  readonly signing: string;
  readonly sealing: string;
  readonly nonce: string;
}

/** The proof for one request. Both sides compute it; the app compares in constant time. */
export function joinMacOf(secret: string, { signing, sealing, nonce }: ProvenJoin): string {
  return createHmac('sha256', derived(secret, 'proof'))
    .update(JSON.stringify([signing, sealing, nonce]))
    .digest('base64url');
}

/** Header `typ` of the answer to a redemption. */
const ANSWER_TYPE = 'join-answer+jwe';

/**
 * Encrypts and authenticates the answer to a redemption for whoever has the secret of its join token.
 * @returns a JWE in compact serialization (RFC 7516; `dir`, RFC 7518, section 4.5)
 */
export async function sealToJoiner(text: string, secret: string): Promise<string> {
  const { CompactEncrypt } = await import('jose');
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ typ: ANSWER_TYPE, alg: 'dir', enc: CONTENT_ENCRYPTION })
    .encrypt(derived(secret, 'answer'));
}

/**
 * Decrypts what {@link sealToJoiner} has made.
 * @throws if it was made without the secret, or was changed
 */
export async function openAsJoiner(sealed: string, secret: string): Promise<string> {
  const { compactDecrypt } = await import('jose');
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, derived(secret, 'answer'), {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
  });
  if (protectedHeader.typ !== ANSWER_TYPE) throw new Error('The answer is of another type.');
  return new TextDecoder('utf-8', { fatal: true }).decode(plaintext);
}

/** A key of 32 bytes for one purpose. Source: RFC 5869; the secret is uniformly random, so no salt is needed. */
function derived(secret: string, purpose: 'proof' | 'answer'): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `connected-registry join ${purpose} 1`, 32));
}
