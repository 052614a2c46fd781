import { z } from 'zod';
import { parseJson } from '../json/parseJson.js';
import type { SealingKey } from './deviceKeys.js';
import { seal } from './sealing.js';

/*
 * Whoever knows a device's public key can seal to it. So what is sealed is a JWS by the channel key, which only the app
 * and the device have, over the answer, its kind and the random value of the request: nobody else has made it, and it
 * answers no other request (docs/decisions/0047-enrolment.md).
 */

/** What an answer is an answer to. */
export interface AnswerScope {
  readonly kind: 'join' | 'keys' | 'messages' | 'secret';
  /** The random value of the request, which is another one for each. */
  readonly nonce: string;
}

/** Who gets an answer, and how it is recognized as the app's. */
export interface AnswerChannel {
  readonly sealingKey: SealingKey;
  /** 32 bytes in base64url. */
  readonly channelKey: string;
  /** The random value of the request. */
  readonly nonce: string;
}

/** The form of a channel key: 32 bytes in base64url. */
export const channelKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const ALGORITHM = 'HS256';
/** The header `typ`, so that another JWS is no answer. Source: RFC 8725, section 3.11. */
const TYPE = 'device-answer+jws';

const envelope = z.strictObject({ kind: z.string(), nonce: z.string(), content: z.unknown() });

/** An answer with what it is an answer to, as text. */
export function inEnvelope(content: unknown, { kind, nonce }: AnswerScope): string {
  return JSON.stringify({ kind, nonce, content });
}

/** @returns the answer's content, unverified in its form; undefined if it is none to this request */
export function fromEnvelope(text: string, { kind, nonce }: AnswerScope): { readonly content: unknown } | undefined {
  const { success, data } = envelope.safeParse(parseJson(text));
  return success && data.kind === kind && data.nonce === nonce ? { content: data.content } : undefined;
}

/**
 * Signs an answer with the channel key, and seals it to the device's key.
 * @returns a JWE in compact serialization of a JWS in compact serialization
 */
export async function sealAnswer(
  content: unknown,
  kind: AnswerScope['kind'],
  { sealingKey, channelKey: key, nonce }: AnswerChannel,
): Promise<string> {
  const { CompactSign } = await import('jose');
  const jws = await new CompactSign(new TextEncoder().encode(inEnvelope(content, { kind, nonce })))
    .setProtectedHeader({ typ: TYPE, alg: ALGORITHM })
    .sign(bytesOf(key));
  return seal(jws, sealingKey);
}

/**
 * Verifies what was sealed by {@link sealAnswer}.
 * @param jws what the device's key has opened
 * @returns the content; undefined if the app has not made it, or not as this answer to this request
 */
export async function verifyAnswer(
  jws: string,
  scope: AnswerScope,
  key: string,
): Promise<{ readonly content: unknown } | undefined> {
  const { compactVerify } = await import('jose');
  try {
    const { payload, protectedHeader } = await compactVerify(jws, bytesOf(key), { algorithms: [ALGORITHM] });
    if (protectedHeader.typ !== TYPE) return undefined;
    return fromEnvelope(new TextDecoder('utf-8', { fatal: true }).decode(payload), scope);
  } catch {
    return undefined;
  }
}

function bytesOf(key: string): Uint8Array {
  return new Uint8Array(Buffer.from(key, 'base64url'));
}
