import { createHash } from 'node:crypto';
import { z } from 'zod';
import { admission } from '@connected-registry/protocol/enrolment/messages';
import { NAME_RULES } from '@connected-registry/protocol/names/names';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { JoinFolderFailure } from './folder/joinFolder.js';
import type { JoinFolder } from './folder/joinFolder.js';

const MEMBERSHIP = 'membership.json';
const JOIN = 'join.json';

const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const membership = z.strictObject({
  /** The app's address, an origin. */
  url: z.url({ protocol: /^https?$/ }),
  registry: z.string().regex(NAME_RULES.registry),
  connectedRegistry: z.string().regex(NAME_RULES.connectedRegistry),
  client: z.string().regex(NAME_RULES.client),
  /** The current keys. */
  thumbprint,
  /** When the device got these keys (ISO 8601, by the app's clock). */
  keysSince: z.iso.datetime(),
  /** What lets these keys in, and the secret by which answers to them are recognized. */
  ...admission.shape,
  /** What let these keys in before, in case the app refuses the newer. */
  previous: admission.optional(),
  /** {@link digestOf} the join token that was used, and the keys that used it. */
  joinedWith: z.strictObject({ token: thumbprint, thumbprint }),
  /** The next keys, once the app may have been asked to take them. */
  renewal: z.strictObject({ thumbprint }).optional(),
});
/** What a device that has joined knows of itself. */
export type Membership = z.infer<typeof membership>;

const unfinishedJoin = z.strictObject({ token: thumbprint, thumbprint });
/** A join whose answer has not come yet: the digest of its token, and its keys. */
export type UnfinishedJoin = z.infer<typeof unfinishedJoin>;

/** @throws JoinFolderFailure */
export async function readMembership(folder: JoinFolder): Promise<Membership | undefined> {
  const found = await parsed(folder, MEMBERSHIP, membership);
  if (found) remember(found);
  return found;
}

export async function writeMembership(folder: JoinFolder, given: Membership): Promise<void> {
  remember(given);
  await folder.write(MEMBERSHIP, `${JSON.stringify(given, null, 2)}\n`);
}

function remember({ pass, channelKey, previous }: Membership): void {
  for (const one of [pass, channelKey, previous?.pass, previous?.channelKey]) seenSecrets.remember(one);
}

/** @throws JoinFolderFailure */
export function readUnfinishedJoin(folder: JoinFolder): Promise<UnfinishedJoin | undefined> {
  return parsed(folder, JOIN, unfinishedJoin);
}

export async function writeUnfinishedJoin(folder: JoinFolder, given: UnfinishedJoin): Promise<void> {
  await folder.write(JOIN, `${JSON.stringify(given, null, 2)}\n`);
}

export function removeUnfinishedJoin(folder: JoinFolder): Promise<void> {
  return folder.remove(JOIN);
}

/** What is kept of a join token, to recognize it: SHA-256 in base64url. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** registry/connectedRegistry/client, as in settings. */
export function nameOf({ registry, connectedRegistry, client }: Membership): string {
  return `${registry}/${connectedRegistry}/${client}`;
}

async function parsed<T>(folder: JoinFolder, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await folder.read(name);
  if (text === undefined) return undefined;
  const found = schema.safeParse(parseJson(text));
  if (found.success) return found.data;
  throw new JoinFolderFailure(
    `${folder.path}/${name} is not a file of the agent. Remove the folder, and join again with a new join token.`,
  );
}
