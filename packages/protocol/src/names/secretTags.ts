import type { VerifiedPull } from '../answers/answers.js';
import type { ClientReference } from './clientKey.js';
import { SLOT_NAMES, type KnownSlot, type SlotName } from '../registry/slots.js';

/** Value of the `managedBy` tag: only secrets with it belong to the app. */
export const MANAGED_BY = 'connected-registry-onboarding';

/**
 * Maximum length of the value of a secret's tag. Source: Azure docs, key-vault/general/about-keys-secrets-certificates.
 */
const TAG_VALUE_LENGTH = 256;

/** The resources that a run created, and may therefore delete, and the permissions that it granted. */
export interface MadeByUs {
  readonly scopeMap: boolean;
  readonly token: boolean;
  /** {@link rightsHash} of the permissions that the scope map was given, to detect later changes. */
  readonly rights?: string;
  /** Set for a token that others created: its previous scope map, which is restored at the end. */
  readonly foundScopeMap?: string;
}

export type { VerifiedPull };

/** All facts about a stored credential that are needed without reading its value. Times are ISO 8601. */
export interface CredentialTags extends ClientReference {
  readonly token: string;
  readonly scopeMap: string;
  readonly slot: SlotName;
  readonly expiresOn: string;
  readonly issued: {
    readonly run: string;
    readonly attempt: number;
    readonly slotCreatedAt: string;
    /** The endpoint of the secret as host:port; absent if it is too long for the tag. */
    readonly endpoint?: string;
  };
  readonly made: MadeByUs;
  readonly pull?: VerifiedPull;
  /** The previous password, which is to be revoked. */
  readonly revokeOld?: OldPassword;
}

/** A password that must no longer be used. `from`: the instant when all its users have had time to change. */
export interface OldPassword extends KnownSlot {
  readonly from: string;
}

export type Tags = Readonly<Record<string, string>>;

/**
 * Packs the facts into Key Vault tags, of which a secret may have 15. An image that is too long for a tag is omitted.
 */
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
    issued: formatIssued(facts.issued),
    made: formatMade(facts.made),
  };
  if (facts.revokeOld) {
    const { slot, from, createdAt } = facts.revokeOld;
    tags['revokeOld'] = `${slot} ${from} ${createdAt}`;
  }
  if (!facts.pull) return tags;
  const { image, digest, bytes, milliseconds, verifiedAt } = facts.pull;
  return {
    ...tags,
    verifiedAt,
    pull: `${digest} ${bytes} ${milliseconds}`,
    ...(image.length < TAG_VALUE_LENGTH ? { image } : {}),
  };
}

function formatIssued({ run, attempt, slotCreatedAt, endpoint }: CredentialTags['issued']): string {
  const words = `${run} ${attempt} ${slotCreatedAt}`;
  const whole = endpoint === undefined ? words : `${words} ${endpoint}`;
  return whole.length < TAG_VALUE_LENGTH ? whole : words;
}

function formatMade({ scopeMap, token, rights, foundScopeMap }: MadeByUs): string {
  const words = [scopeMap ? 'scopeMap' : '', token ? 'token' : ''].filter(Boolean);
  const facts = [
    ...(rights === undefined ? [] : [`rights=${rights}`]),
    ...(foundScopeMap === undefined ? [] : [`found=${foundScopeMap}`]),
  ];
  return [...(words.length > 0 ? words : ['none']), ...facts].join(' ');
}

function parseMade(text: string): MadeByUs {
  const words = text.split(' ');
  const valueOf = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const [rights, foundScopeMap] = [valueOf('rights'), valueOf('found')];
  return {
    scopeMap: words.includes('scopeMap'),
    token: words.includes('token'),
    ...(rights ? { rights } : {}),
    ...(foundScopeMap ? { foundScopeMap } : {}),
  };
}

/**
 * Parses the tags; undefined if the secret does not belong to the app or its tags were changed so that they cannot be
 * read.
 */
export function parseTags(tags: Tags): CredentialTags | undefined {
  const { registry, connectedRegistry, client, token, scopeMap, slot, expiresOn, issued, made } = tags;
  if (tags['managedBy'] !== MANAGED_BY || !registry || !connectedRegistry || !client || !token || !scopeMap) return;
  const slotName = SLOT_NAMES.find((name) => name === slot);
  const [run, attempt, slotCreatedAt, endpoint] = (issued ?? '').split(' ');
  if (!slotName || !expiresOn || !run || !attempt || !slotCreatedAt) return;
  const pull = parsePull(tags);
  const revokeOld = parseOldPassword(tags['revokeOld']);
  return {
    registry,
    connectedRegistry,
    client,
    token,
    scopeMap,
    slot: slotName,
    expiresOn,
    issued: { run, attempt: Number(attempt), slotCreatedAt, ...(endpoint ? { endpoint } : {}) },
    made: parseMade(made ?? ''),
    ...(pull ? { pull } : {}),
    ...(revokeOld ? { revokeOld } : {}),
  };
}

function parseOldPassword(text = ''): OldPassword | undefined {
  const [slotName, from, createdAt] = text.split(' ');
  const slot = SLOT_NAMES.find((name) => name === slotName);
  return slot && from && createdAt ? { slot, from, createdAt } : undefined;
}

function parsePull(tags: Tags): VerifiedPull | undefined {
  const [digest, bytes, milliseconds] = (tags['pull'] ?? '').split(' ');
  const verifiedAt = tags['verifiedAt'];
  if (!digest || !bytes || !milliseconds || !verifiedAt) return undefined;
  return { image: tags['image'] ?? '', digest, bytes: Number(bytes), milliseconds: Number(milliseconds), verifiedAt };
}
