import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { NAME_RULES } from '@connected-registry/protocol/names/names';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { ReportKeys } from '../pullCheck/reportKey.js';

/*
 * What lets a device in. Each text carries its facts and a MAC by a server key over them, so that a forged one is refused
 * before anything is read (docs/decisions/0047-enrolment.md). The prefixes are for people and for scanners of secrets.
 */
const JOIN_TOKEN = 'crjoin1';
const DEVICE_PASS = 'crpass1';

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
  seenSecrets.remember(token);
  seenSecrets.remember(random);
  return { token, hash: hashOfJoinToken(token) };
}

/**
 * The client of an authentic join token. Whether it is still open says the client's record.
 * @returns undefined for a text that no server key has made
 */
export function clientOfJoinToken(keys: ReportKeys, text: string): ClientReference | undefined {
  const found = opened(keys, JOIN_TOKEN, text);
  if (found === undefined) return undefined;
  seenSecrets.remember(text);
  return referenceIn(found);
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

/** Reads an authentic pass. @returns undefined for a text that no server key has made */
export function readDevicePass(keys: ReportKeys, text: string): DevicePass | undefined {
  const found = opened(keys, DEVICE_PASS, text);
  const client = found && referenceIn(found);
  const thumbprint = found?.[3];
  return client && thumbprint !== undefined ? { client, thumbprint } : undefined;
}

/** Whether a pass was made with the server key that makes passes now. Others are replaced before their key is removed. */
export function isOfSigningKey({ signing }: ReportKeys, text: string): boolean {
  return text.split('.')[2] === encoded(signing.id);
}

function facts({ registry, connectedRegistry, client }: ClientReference): string[] {
  return [registry, connectedRegistry, client];
}

function referenceIn(found: readonly string[]): ClientReference | undefined {
  const parsed = reference.safeParse(found.slice(0, 3));
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
  const expected = Buffer.from(macOf(key, kind, content));
  const actual = Buffer.from(mac);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return undefined;
  const parsed = texts.safeParse(parseJson(Buffer.from(content, 'base64url').toString('utf8')));
  return parsed.success ? parsed.data : undefined;
}

function macOf({ secret }: ServerKey, kind: string, content: string): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([kind, content]))
    .digest('base64url');
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
