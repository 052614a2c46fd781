import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';

/** RS256, as Entra ID signs; 2048 bits, because creating a longer key would slow down the first start. */
export const SIGNING_ALGORITHM = 'RS256';

export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  /** For `discovery/keys`. */
  publicJwk: JWK;
}

/** The private key, as JSON Web Key. Only the members of its public key are named; the others are for the import. */
export const storedSigningKey = z.looseObject({
  kty: z.string(),
  n: z.string(),
  e: z.string(),
  kid: z.string(),
  alg: z.string().exactOptional(),
  use: z.string().exactOptional(),
});
export type StoredSigningKey = z.infer<typeof storedSigningKey>;

/** Stored with the data, so that tokens stay valid after a restart. */
export async function makeSigningKey(): Promise<StoredSigningKey> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  return storedSigningKey.parse({ ...jwk, kid: randomUUID(), alg: SIGNING_ALGORITHM, use: 'sig' });
}

export async function readSigningKey(privateJwk: StoredSigningKey): Promise<SigningKey> {
  const { kty, n, e, kid, alg, use } = privateJwk;
  const publicJwk: JWK = { kty, n, e, kid, ...(alg && { alg }), ...(use && { use }) };
  return {
    kid,
    privateKey: (await importJWK(privateJwk, SIGNING_ALGORITHM)) as CryptoKey,
    publicKey: (await importJWK(publicJwk, SIGNING_ALGORITHM)) as CryptoKey,
    publicJwk,
  };
}
