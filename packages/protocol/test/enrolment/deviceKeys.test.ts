import { exportJWK, generateKeyPair, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { sealingKey, signingKey } from '@connected-registry/protocol/enrolment/deviceKeys';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The other spellings of 32 bytes: the two bits after them are not zero. */
function otherSpellings(coordinate: string): string[] {
  const last = ALPHABET.indexOf(coordinate.slice(-1));
  return [1, 2, 3].map((bits) => coordinate.slice(0, -1) + ALPHABET.charAt(last + bits));
}

describe.each([
  ['signing', 'ES256', {}, signingKey],
  ['signing', 'EdDSA', {}, signingKey],
  ['sealing', 'ECDH-ES+A256KW', { crv: 'P-256' }, sealingKey],
  ['sealing', 'ECDH-ES+A256KW', { crv: 'X25519' }, sealingKey],
] as const)('a %s key for %s %o', (_, algorithm, options, schema) => {
  it('has one spelling, so one thumbprint', async () => {
    for (let nth = 0; nth < 20; nth += 1) {
      const { publicKey } = await generateKeyPair(algorithm, { extractable: true, ...options });
      const jwk = await exportJWK(publicKey);
      expect(schema.safeParse(jwk).success).toBe(true);
      for (const member of ['x', 'y'] as const) {
        const coordinate = jwk[member];
        if (coordinate === undefined) continue;
        for (const other of otherSpellings(coordinate)) {
          expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(coordinate, 'base64url'));
          expect(schema.safeParse({ ...jwk, [member]: other }).success).toBe(false);
          // Decoders take it for the same key.
          await expect(importJWK({ ...jwk, [member]: other }, algorithm)).resolves.toBeDefined();
        }
      }
    }
  });
});
