import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { joinMacOf, splitJoinToken, type ProvenJoin } from '@connected-registry/protocol/enrolment/joinToken';
import type { Admission } from '@connected-registry/protocol/enrolment/messages';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { NAME_RULES } from '@connected-registry/protocol/names/names';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { ReportKeys } from '../pullCheck/reportKey.js';

/*
 * What lets a device in. Each text carries its facts and a MAC by a server key over them, so that a forged one is
 * refused before anything is read (docs/decisions/0047-enrolment.md). The prefixes are for people and for scanners of
 * secrets.
 */
const JOIN_TOKEN = 'crjoin1';
const DEVICE_PASS = 'crpass1';

/** What a channel key is derived for, so that it is no other MAC of the server key. */
const DEVICE_CHANNEL = 'device-channel';

/** Bytes of a join token that nobody can guess. */
export const JOIN_TOKEN_BYTES = 32;

/** Maximum characters of either text. */
const MAX_CHARACTERS = 1024;

const reference = z.tuple([
  z.string().regex(NAME_RULES.registry),
  z.string().regex(NAME_RULES.connectedRegistry),
  z.string().regex(NAME_RULES.client),
]);

/** A new join token: what the operator is shown once, and what is kept of it. */
export interface NewJoinToken {
  readonly token: string;
  /** See {@link hashOfJoinToken}. */
  readonly hash: string;
}

/**
 * Makes a join token for one client. It has no power until its hash is in the client's record.
 * @param random {@link JOIN_TOKEN_BYTES} random bytes in base64url
 */
export function newJoinToken(keys: ReportKeys, client: ClientReference, random: string): NewJoinToken {
  const token = sealed(keys.signing, JOIN_TOKEN, [...facts(client), random]);
  rememberJoinToken(token);
  seenSecrets.remember(random);
  return { token, hash: hashOfJoinToken(token) };
}

/** A join token that was proven. */
export interface ProvenJoinToken {
  readonly client: ClientReference;
  /** See {@link hashOfJoinToken}. */
  readonly hash: string;
  /** The part of the token that was not sent. */
  readonly secret: string;
}

/**
 * Verifies that whoever presents a part of a join token has the other part, which is computed again here and kept
 * nowhere. Whether the token is still open says the client's record. Compares in constant time.
 *
 * @param presented `crjoin1.{content}.{key id}`
 * @param mac the proof
 * @returns undefined for a text that no server key has made, or a proof by another secret or for other keys
 */
export function proveJoinToken(
  { all }: ReportKeys,
  presented: string,
  { mac, ...proven }: ProvenJoin & { readonly mac: string },
): ProvenJoinToken | undefined {
  if (presented.length > MAX_CHARACTERS) return undefined;
  const [kind, content, id, ...more] = presented.split('.');
  const key = all.find((one) => encoded(one.id) === id);
  if (kind !== JOIN_TOKEN || content === undefined || key === undefined || more.length > 0) return undefined;
  const secret = macOf(key, JOIN_TOKEN, content);
  if (!isSame(joinMacOf(secret, proven), mac)) return undefined;
  const client = referenceIn(partsIn(content));
  if (client === undefined) return undefined;
  const token = `${presented}.${secret}`;
  rememberJoinToken(token);
  return { client, hash: hashOfJoinToken(token), secret };
}

/** Also the secret part for itself: it is what the rest is worth nothing without. */
function rememberJoinToken(token: string): void {
  seenSecrets.remember(token);
  seenSecrets.remember(splitJoinToken(token)?.secret);
}

/** What is kept of a join token: SHA-256 in base64url. The token is random, so nothing stronger is needed. */
export function hashOfJoinToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** A device's pass: this key has joined as this client. Whether it still may says the client's record. */
export interface DevicePass {
  readonly client: ClientReference;
  /** Thumbprint of the device's signing key. */
  readonly thumbprint: string;
}

/** Makes the pass of a device. The same facts and server key give the same pass. */
export function devicePass(keys: ReportKeys, { client, thumbprint }: DevicePass): string {
  return sealed(keys.signing, DEVICE_PASS, [...facts(client), thumbprint]);
}

/** Makes what lets a device in: its pass, and the key by which it knows answers to requests with this pass. */
export function admissionOf(keys: ReportKeys, device: DevicePass): Admission {
  const pass = devicePass(keys, device);
  return { pass, channelKey: channelKeyOf(keys, pass) };
}

/**
 * Derives the channel key of a pass: HMAC-SHA-256 by the server key that has made the pass. Nothing is stored.
 * @param pass an authentic pass
 * @throws for a text that is none
 */
export function channelKeyOf(keys: ReportKeys, pass: string): string {
  const device = readDevicePass(keys, pass);
  const key = keys.all.find((one) => encoded(one.id) === pass.split('.')[2]);
  if (!device || !key) throw new Error('The pass is not authentic.');
  const channelKey = createHmac('sha256', key.secret)
    .update(JSON.stringify([DEVICE_CHANNEL, ...facts(device.client), device.thumbprint]))
    .digest('base64url');
  seenSecrets.remember(channelKey);
  return channelKey;
}

/** Reads an authentic pass. @returns undefined for a text that no server key has made */
export function readDevicePass(keys: ReportKeys, text: string): DevicePass | undefined {
  const found = opened(keys, DEVICE_PASS, text);
  const client = referenceIn(found);
  const thumbprint = found?.[3];
  return client && thumbprint !== undefined ? { client, thumbprint } : undefined;
}

/**
 * Whether a pass was made with the server key that makes passes now. Others are replaced before their key is removed.
 */
export function isOfSigningKey({ signing }: ReportKeys, text: string): boolean {
  return text.split('.')[2] === encoded(signing.id);
}

function facts({ registry, connectedRegistry, client }: ClientReference): string[] {
  return [registry, connectedRegistry, client];
}

function referenceIn(found: readonly string[] | undefined): ClientReference | undefined {
  const parsed = reference.safeParse(found?.slice(0, 3));
  if (!parsed.success) return undefined;
  const [registry, connectedRegistry, client] = parsed.data;
  return { registry, connectedRegistry, client };
}

type ServerKey = ReportKeys['signing'];

function sealed(key: ServerKey, kind: string, parts: readonly string[]): string {
  const content = encoded(JSON.stringify(parts));
  return `${kind}.${content}.${encoded(key.id)}.${macOf(key, kind, content)}`;
}

const texts = z.array(z.string()).length(4);

/** @returns what {@link sealed} was given; undefined if the MAC is wrong. Compares in constant time. */
function opened({ all }: ReportKeys, kind: string, text: string): readonly string[] | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const [given, content, id, mac, ...more] = text.split('.');
  if (given !== kind || content === undefined || id === undefined || mac === undefined || more.length > 0)
    return undefined;
  const key = all.find((one) => encoded(one.id) === id);
  if (key === undefined) return undefined;
  return isSame(macOf(key, kind, content), mac) ? partsIn(content) : undefined;
}

/** @param content what a MAC has shown to be ours */
function partsIn(content: string): readonly string[] | undefined {
  const parsed = texts.safeParse(parseJson(Buffer.from(content, 'base64url').toString('utf8')));
  return parsed.success ? parsed.data : undefined;
}

/** Compares in constant time. */
function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function macOf({ secret }: ServerKey, kind: string, content: string): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([kind, content]))
    .digest('base64url');
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
