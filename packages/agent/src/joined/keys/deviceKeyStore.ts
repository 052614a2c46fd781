import type { DeviceKeys } from '@connected-registry/protocol/enrolment/deviceKeys';
import type { RequestSigner } from '@connected-registry/protocol/enrolment/signedRequests';

/**
 * One pair of device keys: the one that signs and the one to which secrets are sealed. The agent never sees the private
 * parts, so that an implementation can leave them in a TPM or behind PKCS#11.
 */
export interface DeviceKeyStore {
  readonly publicKeys: DeviceKeys;
  /** @returns a JWS in compact serialization over the payload, with exactly this protected header (RFC 7515) */
  readonly sign: RequestSigner['sign'];
  /**
   * Decrypts what was sealed to {@link publicKeys}.sealing: a JWE in compact serialization (RFC 7516) with
   * ECDH-ES+A256KW and A256GCM. A store whose token only agrees on keys (ECDH) does the rest itself.
   * @throws if the text is not for this key, or was changed
   */
  readonly open: (sealed: string) => Promise<string>;
}

/** P-256 for both keys, or Ed25519 and X25519. */
export const KEY_TYPES = ['p256', 'ed25519'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/**
 * Where pairs of keys are made and kept. A pair is known by the thumbprint of its signing key. There are two at a time:
 * while keys are renewed, and while a device joins again.
 */
export interface DeviceKeyStores {
  /** Makes a pair. When it resolves, the pair survives a power failure. */
  create(type: KeyType): Promise<DeviceKeyStore>;
  /** @returns undefined if there is no such pair */
  find(thumbprint: string): Promise<DeviceKeyStore | undefined>;
  /** Destroys all other pairs. */
  keepOnly(thumbprints: readonly string[]): Promise<void>;
}

/** The type of a pair, so that the next one is of the same. */
export function typeOf({ publicKeys }: Pick<DeviceKeyStore, 'publicKeys'>): KeyType {
  return publicKeys.signing.kty === 'EC' ? 'p256' : 'ed25519';
}
