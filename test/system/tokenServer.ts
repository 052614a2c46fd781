import 'reflect-metadata';
import { randomUUID, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { SignJWT } from 'jose';
import { basicCredentials } from '@connected-registry/connected-registry-simulator/access/credentials';
import { parseScopes } from '@connected-registry/connected-registry-simulator/access/scopes';

/** A user with two passwords, as a client token has, and what it may do in which repository. */
export interface RegistryUser {
  passwords: string[];
  rights: Record<string, string[]>;
}

export const ISSUER = 'test-issuer';
export const SERVICE = 'test-registry';

/** Makes the tokens that docker-registry checks: RS256, with the signer's certificate in the x5c header. */
export interface TokenServer {
  /** PEM, for the registry's `rootcertbundle`. */
  certificate: string;
  /** The answer to `GET /token` (distribution docs: spec/auth/token). */
  answer(authorization: string | undefined, scopes: string[]): Promise<{ status: number; body: unknown }>;
}

const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

export async function createTokenServer(users: Record<string, RegistryUser>): Promise<TokenServer> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Token signer',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: ALGORITHM,
    keys,
  });
  return {
    certificate: certificate.toString('pem'),
    async answer(authorization, scopes) {
      const given = basicCredentials(authorization);
      const user = given && users[given.user];
      if (!given || !user?.passwords.includes(given.password)) return { status: 401, body: { details: 'wrong user' } };
      const access = parseScopes(scopes)
        .map(({ type, name, actions }) => {
          return { type, name, actions: actions.filter((action) => user.rights[name]?.includes(action)) };
        })
        .filter(({ actions }) => actions.length > 0);
      const token = await new SignJWT({ access })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', x5c: [certificate.toString('base64')] })
        .setIssuer(ISSUER)
        .setSubject(given.user)
        .setAudience(SERVICE)
        .setJti(randomUUID())
        .setIssuedAt()
        .setNotBefore('-10s')
        .setExpirationTime('60s')
        .sign(keys.privateKey);
      return { status: 200, body: { token, expires_in: 60 } };
    },
  };
}
