import { X509Certificate, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A certificate that its holder has made, as IoT Hub knows it by its thumbprint. All in PEM. */
export async function selfSigned(): Promise<{ cert: string; key: string; thumbprint: string }> {
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=device',
    notBefore: new Date('2020-01-01'),
    notAfter: new Date('2075-01-01'),
    signingAlgorithm: algorithm,
    keys,
  });
  const cert = made.toString('pem');
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { cert, key, thumbprint: new X509Certificate(cert).fingerprint.replaceAll(':', '') };
}
