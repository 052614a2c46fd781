import { CompactSign, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { sealingKey, signingKey, thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import { joinCredential, splitJoinToken } from '@connected-registry/protocol/enrolment/joinToken';
import { KEY_AGREEMENT } from '@connected-registry/protocol/enrolment/sealing';
import {
  signRequest,
  type RequestSigner,
  type SignedParts,
} from '@connected-registry/protocol/enrolment/signedRequests';
import type { DeviceKeysBody } from '@connected-registry/protocol/enrolment/messages';

/** A device's keys, and what it signs and opens with them. */
export interface SigningDevice {
  readonly keys: DeviceKeysBody;
  /** Thumbprint of the signing key. */
  readonly thumbprint: string;
  /** Opens what is sealed to the device. */
  readonly sealing: CryptoKey;
  readonly signer: RequestSigner;
  /** Signs bytes as they are, such as those of a header that no library would sign. */
  signBytes(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /**
   * @param pass a pass, or a join token, which is proven
   * @returns the header `Authorization` of a request without a body, unless there is one
   */
  sign(parts: Omit<SignedParts, 'body'> & { readonly body?: string }, pass: string, now: Date): Promise<string>;
}

/** Makes the keys of a device. */
export async function signingDevice(algorithm: 'ES256' | 'EdDSA'): Promise<SigningDevice> {
  const signing = await generateKeyPair(algorithm, { extractable: true });
  const sealing = await generateKeyPair(KEY_AGREEMENT, {
    crv: algorithm === 'ES256' ? 'P-256' : 'X25519',
    extractable: true,
  });
  const keys = {
    signingKey: signingKey.parse(await exportJWK(signing.publicKey)),
    sealingKey: sealingKey.parse(await exportJWK(sealing.publicKey)),
  };
  const signer: RequestSigner = {
    publicKey: keys.signingKey,
    sign: (header, payload) => new CompactSign(payload).setProtectedHeader({ ...header }).sign(signing.privateKey),
  };
  return {
    keys,
    thumbprint: await thumbprintOf(keys.signingKey),
    sealing: sealing.privateKey,
    signer,
    signBytes: async (bytes) => {
      const how = algorithm === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'Ed25519' };
      return new Uint8Array(await crypto.subtle.sign(how, signing.privateKey, bytes));
    },
    sign: ({ body = '', ...line }, pass, now) => {
      const token = splitJoinToken(pass);
      return signRequest({ ...line, body }, token ? joinCredential(token, keys.sealingKey) : pass, signer, now);
    },
  };
}
