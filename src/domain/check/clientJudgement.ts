import type { ClientState, Difference } from '@connected-registry/protocol/answers/clientAnswers';
import { rightsHash } from '@connected-registry/protocol/names/permissions';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { isLive, type Slots } from '@connected-registry/protocol/registry/slots';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** What is known of a client that has a credential. Times are ISO 8601; ARM ignores the case of names. */
export interface KnownClient {
  readonly tags: CredentialTags;
  /** Host of the vault that has the secret. */
  readonly vaultHost: string;
  readonly secretIsEnabled: boolean;
  readonly token?: { readonly scopeMap: string; readonly isEnabled: boolean | undefined; readonly slots: Slots };
  /** Actions of the scope map that the tags name; absent if that map does not exist. */
  readonly actions?: readonly string[];
  /** The connected registry that the tags name; absent if it does not exist. */
  readonly connectedRegistry?: { readonly loginServer?: string; readonly clientTokens: readonly string[] };
  /** Name of another connected registry that lists the token. */
  readonly boundElsewhere?: string;
  /** Names of other clients that use the token, as text. */
  readonly sharedWith?: string;
}

/** A client's state, and how its resources differ from its secret's tags. */
export interface Judgement {
  readonly state: ClientState;
  readonly differences: readonly Difference[];
}

/**
 * A credential with less than this share of its lifetime left is `expiring`: rotation should have replaced it before.
 */
const EXPIRING_SHARE = 1 / 5;

/** Maximum characters of an expected or found value. */
const MAX_CHARACTERS = 300;

/**
 * Judges a client's state and lists how its resources differ from its secret's tags. No password is read: a slot holds
 * the password in the vault if its creation time is the one in the tags.
 * @param allowedEndpoints host:port values that a secret may name besides the connected registry's own
 * @param others differences in where its secrets are and who may read them; empty if they were not compared
 */
export function judgeClient(
  known: KnownClient,
  now: Date,
  allowedEndpoints: readonly string[],
  others: readonly Difference[],
): Judgement {
  const { tags, token, secretIsEnabled } = known;
  const expiresOn = new Date(tags.expiresOn);
  if (!token) return { state: 'orphaned', differences: [{ code: 'token-missing', expected: tags.token }] };
  if (token.isEnabled === false && !secretIsEnabled) return { state: 'revoked', differences: [] };
  const unbound = bindingDifferences(known);
  const drift = [
    ...(secretIsEnabled ? [] : [{ code: 'secret-disabled' } as const]),
    ...(token.isEnabled === false ? [{ code: 'token-disabled' } as const] : []),
    ...(known.sharedWith === undefined ? [] : [{ code: 'token-shared', found: known.sharedWith } as const]),
    ...rightsDifferences(known, token.scopeMap),
    ...passwordDifferences(tags, token.slots, now),
    ...endpointDifferences(known, allowedEndpoints),
    ...others,
  ];
  // An unknown fact is reported, but does not make the client `drifted`.
  const unknown =
    token.isEnabled === undefined ? [{ code: 'fact-unknown', found: 'whether the token is enabled' } as const] : [];
  const differences = [...unbound, ...drift, ...unknown];
  if (expiresOn <= now) return { state: 'expired', differences };
  if (unbound.length > 0) return { state: 'unbound', differences };
  if (drift.length > 0) return { state: 'drifted', differences };
  return { state: isExpiring(tags, now) ? 'expiring' : 'ok', differences };
}

/** Whether the connected registry lists the client's token. */
export function listsToken(connectedRegistry: KnownClient['connectedRegistry'], token: string): boolean {
  return (connectedRegistry?.clientTokens ?? []).some((name) => sameName(name, token));
}

function isExpiring({ issued, expiresOn }: CredentialTags, now: Date): boolean {
  const end = new Date(expiresOn).getTime();
  const life = end - new Date(issued.slotCreatedAt).getTime();
  return end - now.getTime() < life * EXPIRING_SHARE;
}

function bindingDifferences({ tags, connectedRegistry, boundElsewhere }: KnownClient): Difference[] {
  const elsewhere: Difference[] =
    boundElsewhere === undefined
      ? []
      : [{ code: 'bound-elsewhere', expected: tags.connectedRegistry, found: boundElsewhere }];
  if (!connectedRegistry)
    return [{ code: 'connected-registry-missing', expected: tags.connectedRegistry }, ...elsewhere];
  if (listsToken(connectedRegistry, tags.token)) return [];
  return [{ code: 'binding-missing', expected: tags.token }, ...elsewhere];
}

function rightsDifferences({ tags, actions }: KnownClient, scopeMap: string): Difference[] {
  const moved: Difference[] = sameName(scopeMap, tags.scopeMap)
    ? []
    : [{ code: 'token-scope-map', expected: tags.scopeMap, found: scopeMap }];
  if (!actions) return [...moved, { code: 'scope-map-missing', expected: tags.scopeMap }];
  const { rights } = tags.made;
  if (rights === undefined || rights === rightsHash(actions)) return moved;
  return [...moved, { code: 'scope-map-rights', found: [...actions].sort().join(', ').slice(0, MAX_CHARACTERS) }];
}

function passwordDifferences({ slot, issued }: CredentialTags, slots: Slots, now: Date): Difference[] {
  const filled = slots[slot];
  if (!filled) return [{ code: 'password-missing', expected: slot }];
  if (new Date(filled.createdAt).getTime() !== new Date(issued.slotCreatedAt).getTime())
    return [{ code: 'password-replaced', expected: issued.slotCreatedAt, found: filled.createdAt }];
  return isLive(filled, now) ? [] : [{ code: 'password-expired', found: filled.expiresAt ?? '' }];
}

function endpointDifferences({ tags, connectedRegistry }: KnownClient, allowed: readonly string[]): Difference[] {
  const { endpoint } = tags.issued;
  const present = connectedRegistry?.loginServer?.toLowerCase();
  if (endpoint === undefined || present === undefined) return [];
  return endpoint === present || allowed.includes(endpoint)
    ? []
    : [{ code: 'endpoint', expected: endpoint, found: present }];
}
