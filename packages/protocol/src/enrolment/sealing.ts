import type { CryptoKey } from 'jose';
import { thumbprintOf, type SealingKey } from './deviceKeys.js';

/** How a content key is agreed on, and what encrypts. Source: RFC 7518, sections 4.6 and 5.3. */
export const KEY_AGREEMENT = 'ECDH-ES+A256KW';
export const CONTENT_ENCRYPTION = 'A256GCM';

/** What is sealed is a JWS (authenticAnswers.ts), in the header `cty`. Source: RFC 7515, section 4.1.9. */
const CONTENT_TYPE = 'JOSE';

/**
 * Encrypts a text to a device's key, so that nobody else can read it, the sender included.
 *
 * @returns a JWE in compact serialization (RFC 7516), `kid` is the key's thumbprint
 * @throws if the key is no point of its curve
 */
export async function seal(text: string, key: SealingKey): Promise<string> {
  const { CompactEncrypt, importJWK } = await import('jose');
  const recipient = await importJWK(key, KEY_AGREEMENT);
  const header = { alg: KEY_AGREEMENT, enc: CONTENT_ENCRYPTION, cty: CONTENT_TYPE, kid: await thumbprintOf(key) };
  return new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(header).encrypt(recipient);
}

/**
 * Decrypts what {@link seal} has made. No other algorithm is accepted, whatever the header says.
 *
 * @param key the device's private key
 * @throws if the text is not for this key, or was changed
 */
export async function open(sealed: string, key: CryptoKey): Promise<string> {
  const { compactDecrypt } = await import('jose');
  const { plaintext } = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: [KEY_AGREEMENT],
    contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
  });
  return new TextDecoder('utf-8', { fatal: true }).decode(plaintext);
}
