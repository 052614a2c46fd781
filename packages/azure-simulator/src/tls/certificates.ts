import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/**
 * Paths of one machine's certificates. Clients trust `caFile` through `NODE_EXTRA_CA_CERTS` or `REQUESTS_CA_BUNDLE`.
 */
export interface CertificateFiles {
  caFile: string;
  certFile: string;
  keyFile: string;
}

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Fixed and far apart, so that certificates are valid at any simulated time. */
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z');
const NOT_AFTER = new Date('2075-01-01T00:00:00Z');

/**
 * Creates a certificate authority and a server certificate for `localhost`, `127.0.0.1` and `::1` in `dir`, once.
 * Existing files that belong together are kept, because `NODE_EXTRA_CA_CERTS` is read when a process starts. The
 * authority's private key is not stored, so that no further certificate can be signed by an authority that a machine
 * trusts.
 *
 * @throws if `dir` cannot be written
 */
export async function ensureCertificates(dir: string): Promise<CertificateFiles> {
  const files = {
    caFile: join(dir, 'ca.pem'),
    certFile: join(dir, 'server.pem'),
    keyFile: join(dir, 'server-key.pem'),
  };
  if (await belongTogether(files)) return files;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const made = await issue();
  await replace(files.keyFile, made.key, 0o600);
  await replace(files.certFile, made.certificate, 0o644);
  await replace(files.caFile, made.authority, 0o644);
  return files;
}

/** Whether the files match. They do not if a run was stopped between writing two of them. */
async function belongTogether(files: CertificateFiles): Promise<boolean> {
  try {
    const authority = new X509Certificate(await readFile(files.caFile));
    const certificate = new X509Certificate(await readFile(files.certFile));
    const key = createPrivateKey(await readFile(files.keyFile));
    return certificate.verify(authority.publicKey) && certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

async function issue(): Promise<{ authority: string; certificate: string; key: string }> {
  x509.cryptoProvider.set(globalThis.crypto);
  const authorityKeys = await makeKeys();
  const serverKeys = await makeKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Connected Registry Local CA',
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    signingAlgorithm: KEY_ALGORITHM,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=localhost',
    issuer: authority.subject,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    signingAlgorithm: KEY_ALGORITHM,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await x509.SubjectKeyIdentifierExtension.create(serverKeys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey);
  return {
    authority: `${authority.toString('pem')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

/** Positive and without a leading zero, as RFC 5280 4.1.2.2 requires. */
function serialNumber(): string {
  return `4${randomBytes(15).toString('hex')}`.padStart(32, '0');
}

async function replace(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, file);
}
