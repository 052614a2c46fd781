import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { findHeldToken, type HeldToken } from '../../domain/tokens/heldToken.js';
import { isOrphaned, type OrphanedToken } from '../../domain/tokens/orphanedToken.js';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { parseTags, type CredentialTags, type MadeByUs } from '@connected-registry/protocol/names/secretTags';
import { mayBeShared } from '../../domain/tokens/sharedToken.js';
import type { Ports } from '../../ports/ports.js';
import type { ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import { isTokenOf } from './clientAccess.js';
import type { OtherUser, TokenUsers } from './tokenUsers.js';

/**
 * Whose a token is. Nothing in ARM says who made one, and a name proves nothing, so that it is the client's only where its
 * secrets' tags or its record say so.
 */
export type Ownership =
  | { readonly kind: 'absent' }
  /** The client's: made for it (`isMade`), or adopted earlier with another scope map. */
  | { readonly kind: 'own'; readonly isMade: boolean; readonly held?: HeldToken; readonly foundScopeMap?: string }
  /** It exists, and no client of ours is known to use it. */
  | { readonly kind: 'nobodys' }
  /** Another client uses it, be it besides this one. */
  | { readonly kind: 'others'; readonly users: readonly OtherUser[] };

interface Question {
  readonly onboarding: Onboarding;
  readonly token: TokenFacts | undefined;
  /** What the client's enabled secrets tell of its credentials. */
  readonly known: readonly CredentialTags[];
  readonly orphaned: readonly OrphanedToken[];
  readonly held: readonly HeldToken[];
  /** Names of the tokens that the client's revocation has disabled, in lower case. */
  readonly disabled: readonly string[];
}

/** Reads no more than it takes: nothing for a token that is the client's alone. @throws ServiceError */
export async function readOwnership(
  { vault }: Pick<Ports, 'vault'>,
  tokenUsers: TokenUsers,
  { onboarding, token, known, orphaned, held, disabled }: Question,
): Promise<Ownership> {
  if (!token) return { kind: 'absent' };
  const told = ownBy(known);
  const all = told ? known : [...known, ...(await formerCredentials())];
  const own = told ?? ownBy(all);
  if (own && !mayBeShared(token, onboarding, all)) return own;
  const users = await tokenUsers.others(token.name, onboarding);
  return users.length > 0 ? { kind: 'others', users } : (own ?? { kind: 'nobodys' });

  function ownBy(tags: readonly CredentialTags[]): Extract<Ownership, { kind: 'own' }> | undefined {
    if (!token) return undefined;
    const fitting = tags.filter((one) => isTokenOf(one, token));
    const remembered = findHeldToken(held, token);
    const wasOrphaned = isOrphaned(orphaned, token);
    const isReported = fitting.length > 0 || remembered || wasOrphaned || disabled.includes(token.name.toLowerCase());
    if (!isReported) return undefined;
    const found = remembered?.foundScopeMap ?? fitting.find(({ made }) => made.foundScopeMap)?.made.foundScopeMap;
    const isMade = wasOrphaned || remembered?.isMade === true || fitting.some(({ made }) => made.token);
    return {
      kind: 'own',
      isMade,
      ...(remembered ? { held: remembered } : {}),
      ...(found === undefined ? {} : { foundScopeMap: found }),
    };
  }

  /** Secrets that are disabled or deleted tell of the client's tokens too. */
  async function formerCredentials(): Promise<CredentialTags[]> {
    const names = [mainSecretName(onboarding), candidateSecretName(onboarding)];
    const versions = (await Promise.all(names.map((name) => vault.versions(name)))).flat().map(({ tags }) => tags);
    const deleted = versions.length > 0 ? [] : await Promise.all(names.map((name) => vault.tagsOfDeleted(name)));
    return [...versions, ...deleted]
      .flatMap((tags) => (tags && parseTags(tags)) ?? [])
      .filter((tags) => clientKey(tags) === clientKey(onboarding));
  }
}

interface Found {
  readonly token: TokenFacts | undefined;
  readonly scopeMap: ScopeMapFacts | undefined;
  readonly known: readonly CredentialTags[];
  readonly ownership: Ownership;
}

/** What this run is to make, and what an earlier run of this client made. */
export function madeByUs(onboarding: Onboarding, found: Found): MadeByUs {
  const { scopeMap, known, ownership } = found;
  const map = onboarding.scopeMap.toLowerCase();
  const foundScopeMap = scopeMapToRestore(found);
  return {
    scopeMap: !scopeMap || known.some((tags) => tags.made.scopeMap && tags.scopeMap.toLowerCase() === map),
    token: ownership.kind === 'absent' || (ownership.kind === 'own' && ownership.isMade),
    ...(foundScopeMap === undefined ? {} : { foundScopeMap }),
  };
}

/** What the client's record is to tell of the token once the run is at work with it. */
export function heldToken({ token: name, scopeMap }: Onboarding, found: Found, now: Date): HeldToken {
  const { token, ownership } = found;
  const earlier = ownership.kind === 'own' ? ownership.held : undefined;
  const foundScopeMap = scopeMapToRestore(found);
  return {
    since: now.toISOString(),
    ...(token?.createdAt === undefined ? {} : { createdAt: token.createdAt }),
    ...earlier,
    token: token?.name ?? name,
    scopeMap,
    isMade: ownership.kind === 'absent' || (ownership.kind === 'own' && ownership.isMade),
    ...(foundScopeMap === undefined ? {} : { foundScopeMap }),
  };
}

/** The map that a token of others had when it was adopted: now, or by an earlier run. */
function scopeMapToRestore({ token, ownership }: Found): string | undefined {
  if (ownership.kind === 'own') return ownership.isMade ? undefined : ownership.foundScopeMap;
  return ownership.kind === 'nobodys' ? token?.scopeMap : undefined;
}
