import { z } from 'zod';
import { NAME_RULES } from '../names/names.js';
import { channelKey } from './authenticAnswers.js';
import { sealingKey, signingKey } from './deviceKeys.js';

/** The routes of joined devices. */
export const REDEEM_PATH = '/api/enrolments/redeem';
export const DEVICE_MESSAGES_PATH = '/api/devices/messages';
export const DEVICE_SECRETS_PATH = '/api/devices/secrets';
export const DEVICE_KEYS_PATH = '/api/devices/keys';

/** Header of a key's renewal: the request's signature by the new key, beside the one by the old key. */
export const KEY_PROOF_HEADER = 'device-key-proof';

/** Maximum bytes of a body that a joined device sends. */
export const MAX_DEVICE_BODY = 8192;

/**
 * Body of `POST /api/enrolments/redeem`, signed with `signingKey`, with the proof of the join token; and of
 * `POST /api/devices/keys`, signed with the old key and its pass, with the proof of the new one.
 */
export const deviceKeysBody = z
  .strictObject({ signingKey, sealingKey })
  .refine(({ signingKey: one, sealingKey: other }) => one.x !== other.x, {
    path: ['sealingKey'],
    error: 'must be another key than signingKey',
  });
export type DeviceKeysBody = z.infer<typeof deviceKeysBody>;

/** What lets a device in from now on. Both change with the server key and with the signing key. */
export const admission = z.object({
  /** Lets this key in, and no other; worth nothing without the private key. */
  pass: z.string().min(1).max(2048),
  /** Secret. Answers to requests with this pass are signed with it (authenticAnswers.ts). */
  channelKey,
});
export type Admission = z.infer<typeof admission>;

/**
 * What is sealed of the answer to both: the device has joined, or has its new keys. It is sealed with the secret of the
 * join token (joinToken.ts), and to the new sealing key.
 */
export const joinedAnswer = z.object({
  registry: z.string().regex(NAME_RULES.registry),
  connectedRegistry: z.string().regex(NAME_RULES.connectedRegistry),
  client: z.string().regex(NAME_RULES.client),
  /** Thumbprint of the signing key. */
  thumbprint: z.string(),
  ...admission.shape,
});
export type JoinedAnswer = z.infer<typeof joinedAnswer>;

/**
 * Each good answer to a device, so that no proxy on the way reads or makes one: for instance to `GET
 * /api/devices/secrets?name={name}[&version={version}]`, a version of one of the client's two secrets. Without a
 * version it is the newest.
 */
export const sealedAnswer = z.object({ sealed: z.string().min(1).max(98_304) });
export type SealedAnswer = z.infer<typeof sealedAnswer>;

/** Answer to `GET /api/devices/messages`. */
export const deviceMessagesAnswer = z
  .object({ sealed: z.string().min(1).describe('a JWE in compact serialization of SealedMessages') })
  .readonly()
  .describe('Messages that the device has not answered yet, or what lets it in from now on, sealed to its key.');
export type DeviceMessagesAnswer = z.infer<typeof deviceMessagesAnswer>;

/** What is sealed of it. Each message is read for itself, so that one that is wrong does not hide the others. */
export const sealedMessages = z.object({
  registry: z.string(),
  connectedRegistry: z.string(),
  client: z.string(),
  time: z.iso.datetime().describe('when the app sealed this answer'),
  messages: z.array(z.unknown()),
  admission: admission
    .describe("the device's new pass and channel key; absent unless the app has a new server key")
    .exactOptional(),
});

/** What is sealed of a secret. The agent compares `name` and `version` with those that it asked for. */
export const sealedSecret = z.object({
  name: z.string(),
  version: z.string(),
  /** ISO 8601. */
  createdOn: z.iso.datetime(),
  /** The app's tags, which name the client. */
  tags: z.record(z.string(), z.string()),
  /** A docker `config.json`. */
  value: z.string(),
});
export type SealedSecret = z.infer<typeof sealedSecret>;

/** Extra member of a 401 answer: the app's time (ISO 8601), by which a device with a wrong clock signs again. */
export const CLOCK_MEMBER = 'now';
