import type { VerifiedPull } from './answers.js';
import type { ClientReference } from './clientKey.js';
import { SLOT_NAMES, type SlotName } from './slots.js';

/** Value of the `managedBy` tag: only secrets that carry it are ours. */
export const MANAGED_BY = 'connected-registry-onboarding';

/** Longest value of a secret's tag. Source: Azure docs, key-vault/general/about-keys-secrets-certificates. */
const TAG_VALUE_LENGTH = 256;

/** Which resources a run made itself, and may therefore take away again. */
export interface MadeByUs {
  readonly scopeMap: boolean;
  readonly token: boolean;
}

export type { VerifiedPull };

/** All that we must know about a stored credential without reading its value. Times are ISO 8601. */
export interface CredentialTags extends ClientReference {
  readonly token: string;
  readonly scopeMap: string;
  readonly slot: SlotName;
  readonly expiresOn: string;
  readonly issued: { readonly run: string; readonly attempt: number; readonly slotCreatedAt: string };
  readonly made: MadeByUs;
  readonly pull?: VerifiedPull;
}

export type Tags = Readonly<Record<string, string>>;

/** Packs the facts into Key Vault tags; a secret may have 15. An image too long for a tag is left out. */
export function formatTags(facts: CredentialTags): Record<string, string> {
  const tags: Record<string, string> = {
    managedBy: MANAGED_BY,
    registry: facts.registry,
    connectedRegistry: facts.connectedRegistry,
    client: facts.client,
    token: facts.token,
    scopeMap: facts.scopeMap,
    slot: facts.slot,
    expiresOn: facts.expiresOn,
    issued: `${facts.issued.run} ${facts.issued.attempt} ${facts.issued.slotCreatedAt}`,
    made: [facts.made.scopeMap ? 'scopeMap' : '', facts.made.token ? 'token' : ''].filter(Boolean).join(' ') || 'none',
  };
  if (!facts.pull) return tags;
  const { image, digest, bytes, milliseconds, verifiedAt } = facts.pull;
  return {
    ...tags,
    verifiedAt,
    pull: `${digest} ${bytes} ${milliseconds}`,
    ...(image.length < TAG_VALUE_LENGTH ? { image } : {}),
  };
}

/** Reads the tags back; undefined when the secret is not ours or its tags were changed beyond recognition. */
export function parseTags(tags: Tags): CredentialTags | undefined {
  const { registry, connectedRegistry, client, token, scopeMap, slot, expiresOn, issued, made } = tags;
  if (tags['managedBy'] !== MANAGED_BY || !registry || !connectedRegistry || !client || !token || !scopeMap) return;
  const slotName = SLOT_NAMES.find((name) => name === slot);
  const [run, attempt, slotCreatedAt] = (issued ?? '').split(' ');
  if (!slotName || !expiresOn || !run || !attempt || !slotCreatedAt) return;
  const pull = parsePull(tags);
  return {
    registry,
    connectedRegistry,
    client,
    token,
    scopeMap,
    slot: slotName,
    expiresOn,
    issued: { run, attempt: Number(attempt), slotCreatedAt },
    made: { scopeMap: (made ?? '').includes('scopeMap'), token: (made ?? '').includes('token') },
    ...(pull ? { pull } : {}),
  };
}

function parsePull(tags: Tags): VerifiedPull | undefined {
  const [digest, bytes, milliseconds] = (tags['pull'] ?? '').split(' ');
  const verifiedAt = tags['verifiedAt'];
  if (!digest || !bytes || !milliseconds || !verifiedAt) return undefined;
  return { image: tags['image'] ?? '', digest, bytes: Number(bytes), milliseconds: Number(milliseconds), verifiedAt };
}
