import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';

/** RS256, as Entra ID signs; 2048 bits, because creating a longer key would slow down the first start. */
export const SIGNING_ALGORITHM = 'RS256';

export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  /** For `discovery/keys`. */
  publicJwk: JWK;
}

/** Stored with the data, so that tokens stay valid after a restart. */
export async function makeSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { modulusLength: 2048, extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: SIGNING_ALGORITHM, use: 'sig' };
}

export async function readSigningKey(privateJwk: JWK): Promise<SigningKey> {
  const { kty, n, e, kid, alg, use } = privateJwk as JWK & { n: string; e: string };
  if (!kid || !kty) throw new Error('the signing key in the data folder is incomplete; start with --reset');
  const publicJwk: JWK = { kty, n, e, kid, ...(alg && { alg }), ...(use && { use }) };
  return {
    kid,
    privateKey: (await importJWK(privateJwk, SIGNING_ALGORITHM)) as CryptoKey,
    publicKey: (await importJWK(publicJwk, SIGNING_ALGORITHM)) as CryptoKey,
    publicJwk,
  };
}
