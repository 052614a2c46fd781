import type { CryptoKey, JWK } from 'jose';
import { z } from 'zod';
import {
  sealingKey,
  signatureAlgorithm,
  signingKey,
  thumbprintOf,
  type DeviceKeys,
} from '@connected-registry/protocol/enrolment/deviceKeys';
import { KEY_AGREEMENT, open } from '@connected-registry/protocol/enrolment/sealing';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { JoinFolderFailure } from '../folder/joinFolder.js';
import type { JoinFolder } from '../folder/joinFolder.js';
import type { DeviceKeyStore, DeviceKeyStores, KeyType } from './deviceKeyStore.js';

/** The part of a JWK that makes it private: a number of 32 bytes in base64url. */
const secretPart = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const privateKey = z.looseObject({ d: secretPart });
const keyFile = z.strictObject({ signing: privateKey, sealing: privateKey });
type KeyFile = z.infer<typeof keyFile>;

const FILE = /^keys-([A-Za-z0-9_-]{43})\.json$/;
const nameOf = (thumbprint: string) => `keys-${thumbprint}.json`;

interface Generated {
  readonly algorithm: string;
  readonly crv: string;
}
const GENERATED: Readonly<Record<KeyType, Readonly<Record<keyof DeviceKeys, Generated>>>> = {
  p256: { signing: { algorithm: 'ES256', crv: 'P-256' }, sealing: { algorithm: KEY_AGREEMENT, crv: 'P-256' } },
  ed25519: { signing: { algorithm: 'EdDSA', crv: 'Ed25519' }, sealing: { algorithm: KEY_AGREEMENT, crv: 'X25519' } },
};

/** Pairs of keys as files of the device's folder, which only its owner can read. */
export function keyFiles(folder: JoinFolder): DeviceKeyStores {
  return {
    async create(type) {
      const { signing, sealing } = GENERATED[type];
      const file = { signing: await generated(signing), sealing: await generated(sealing) };
      const { store, thumbprint } = await storeOf(file);
      await folder.write(nameOf(thumbprint), `${JSON.stringify(file)}\n`);
      return store;
    },
    async find(thumbprint) {
      const name = nameOf(thumbprint);
      const text = await folder.read(name);
      if (text === undefined) return undefined;
      const parsed = keyFile.safeParse(parseJson(text));
      const found = parsed.success ? await storeOf(parsed.data).catch(() => undefined) : undefined;
      if (found?.thumbprint === thumbprint) return found.store;
      throw new JoinFolderFailure(`${folder.path}/${name} has no keys that can be used. Join again with --again.`);
    },
    async keepOnly(thumbprints) {
      for (const name of await folder.names()) {
        const [, thumbprint] = FILE.exec(name) ?? [];
        if (thumbprint !== undefined && !thumbprints.includes(thumbprint)) await folder.remove(name);
      }
    },
  };
}

async function generated({ algorithm, crv }: Generated): Promise<z.infer<typeof privateKey>> {
  const { exportJWK, generateKeyPair } = await import('jose');
  const pair = await generateKeyPair(algorithm, { extractable: true, crv });
  return privateKey.parse(await exportJWK(pair.privateKey));
}

/** @throws if the file holds no keys of a known type, or the private and the public part do not belong together */
async function storeOf({ signing, sealing }: KeyFile): Promise<{ store: DeviceKeyStore; thumbprint: string }> {
  const publicKeys: DeviceKeys = {
    signing: signingKey.parse(publicPart(signing)),
    sealing: sealingKey.parse(publicPart(sealing)),
  };
  seenSecrets.keep(signing.d);
  seenSecrets.keep(sealing.d);
  const { CompactSign, importJWK } = await import('jose');
  // The keys are secret from now on: not even this process can export them.
  const imported = async (key: JWK, algorithm: string) =>
    (await importJWK({ ...key, ext: false }, algorithm)) as CryptoKey;
  const signingPart = await imported(signing, signatureAlgorithm(publicKeys.signing));
  const sealingPart = await imported(sealing, KEY_AGREEMENT);
  const store: DeviceKeyStore = {
    publicKeys,
    sign: (header, payload) => new CompactSign(payload).setProtectedHeader({ ...header }).sign(signingPart),
    open: (sealed) => open(sealed, sealingPart),
  };
  return { store, thumbprint: await thumbprintOf(publicKeys.signing) };
}

function publicPart({ d: _secret, ...key }: z.infer<typeof privateKey>): Record<string, unknown> {
  return key;
}
