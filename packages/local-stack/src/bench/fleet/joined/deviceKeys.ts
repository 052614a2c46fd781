import { webcrypto } from 'node:crypto';
import { sealingKey, signingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import type { DeviceKeysBody } from '@connected-registry/protocol/enrolment/messages';
import type { RequestSigner } from '@connected-registry/protocol/enrolment/signedRequests';

/** The keys of a device of the fleet, which are kept nowhere. */
export interface FleetKeys {
  readonly body: DeviceKeysBody;
  readonly signer: RequestSigner;
  /** Opens what is sealed to the device. */
  readonly sealing: webcrypto.CryptoKey;
}

const CURVE = 'P-256';

/** Makes the keys of one device: P-256 for both, as `agent join` does. */
export async function makeFleetKeys(): Promise<FleetKeys> {
  const { subtle } = webcrypto;
  const signing = await subtle.generateKey({ name: 'ECDSA', namedCurve: CURVE }, true, ['sign', 'verify']);
  const sealing = await subtle.generateKey({ name: 'ECDH', namedCurve: CURVE }, true, ['deriveBits']);
  const body = {
    signingKey: signingKey.parse(publicPart(await subtle.exportKey('jwk', signing.publicKey))),
    sealingKey: sealingKey.parse(publicPart(await subtle.exportKey('jwk', sealing.publicKey))),
  };
  const sign: RequestSigner['sign'] = async (header, payload) => {
    const text = `${encoded(JSON.stringify(header))}.${encoded(payload)}`;
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    // The signature has the form of a JWS: r and s, one after the other (RFC 7518, section 3.4).
    return `${text}.${encoded(new Uint8Array(await subtle.sign(algorithm, signing.privateKey, Buffer.from(text))))}`;
  };
  return { body, signer: { publicKey: body.signingKey, sign }, sealing: sealing.privateKey };
}

function publicPart({ kty, crv, x, y }: webcrypto.JsonWebKey): object {
  return { kty, crv, x, y };
}

function encoded(part: string | Uint8Array): string {
  return Buffer.from(part).toString('base64url');
}
