import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { Admission } from '@connected-registry/protocol/enrolment/messages';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { signingDevice, type SigningDevice } from '../../../shared/signingDevice.js';
import type { TestStack } from '../../harness/testStack.js';
import { Joiner } from '../joiner.js';

/** A device that has joined. */
export interface JoinedParty extends Admission {
  readonly device: SigningDevice;
  readonly client: ClientReference;
  /** Name of its client's secret. */
  readonly secret: string;
}

/** A key of a kind that no device has, and how to sign with it. */
export interface StrangeKey {
  readonly algorithm: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  sign(bytes: Uint8Array): Uint8Array;
}

/**
 * Whom an enemy attacks, and what the enemy has: a device of its own that has joined, and all that it has seen of
 * others.
 */
export interface Scene {
  readonly victim: JoinedParty;
  readonly own: JoinedParty;
  /** The victim's keys and pass before it renewed them. */
  readonly ended: JoinedParty;
  /** The join token with which the victim has joined. */
  readonly used: string;
  /** An open join token of a client without a device. */
  readonly open: string;
  readonly openFor: ClientReference;
  /** A join token that another has replaced. */
  readonly replaced: string;
  /** A device that has never joined. */
  readonly stranger: SigningDevice;
  readonly strangeKeys: readonly StrangeKey[];
}

/** Has the devices of one scene join, renew and be issued what they need. @param name of this scene alone */
export async function setScene(it: TestStack, name: string): Promise<Scene> {
  const joiner = new Joiner(it);
  const { registry } = it.stack.endpoints.azure;
  const clientOf = (role: string): ClientReference => ({ registry, ...joiner.named(`${name}-${role}`) });
  const party = (device: SigningDevice, client: ClientReference, admission: Admission | undefined): JoinedParty => {
    if (!admission) throw new Error(`${client.client} has not joined.`);
    const { pass, channelKey } = admission;
    return { device, client, secret: mainSecretName(client), pass, channelKey };
  };
  const [first, renewed, enemy, stranger] = await Promise.all([
    signingDevice('EdDSA'),
    signingDevice('ES256'),
    signingDevice('EdDSA'),
    signingDevice('ES256'),
  ]);
  const [victim, own, openFor, other] = [clientOf('victim'), clientOf('own'), clientOf('open'), clientOf('other')];
  const used = await joiner.token(victim.client);
  const ended = party(first, victim, (await joiner.redeem(first, used))?.joined);
  const admitted = (await joiner.renew(first, renewed, ended))?.joined;
  const replaced = await joiner.token(other.client);
  await joiner.token(other.client);
  return {
    victim: party(renewed, victim, admitted),
    own: party(enemy, own, (await joiner.redeem(enemy, await joiner.token(own.client)))?.joined),
    ended,
    used,
    open: await joiner.token(openFor.client),
    openFor,
    replaced,
    stranger,
    strangeKeys: STRANGE,
  };
}

function strange(
  algorithm: string,
  { publicKey, privateKey }: Pair,
  how: (bytes: Uint8Array, key: KeyObject) => Buffer,
) {
  const jwk = publicKey.export({ format: 'jwk' }) as Readonly<Record<string, unknown>>;
  return { algorithm, jwk, sign: (bytes: Uint8Array) => how(bytes, privateKey) };
}
interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}
const ec = (hash: string) => (bytes: Uint8Array, key: KeyObject) =>
  sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });

/** Made once: RSA keys take their time. */
const STRANGE: readonly StrangeKey[] = [
  strange('ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), ec('sha384')),
  strange('ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }), ec('sha512')),
  strange('ES256K', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), ec('sha256')),
  strange('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), (bytes, key) => sign('sha256', bytes, key)),
  strange('EdDSA', generateKeyPairSync('ed448'), (bytes, key) => sign(null, bytes, key)),
  // No key that signs: what it has signed is noise.
  strange('EdDSA', generateKeyPairSync('x25519'), () => randomBytes(64)),
];
