import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { findHeldToken, type HeldToken } from '../../domain/tokens/heldToken.js';
import { isOrphaned, type OrphanedToken } from '../../domain/tokens/orphanedToken.js';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { parseTags, type CredentialTags, type MadeByUs } from '@connected-registry/protocol/names/secretTags';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { mayBeShared } from '../../domain/tokens/sharedToken.js';
import type { ClientPorts } from '../../ports/vaults.js';
import type { ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import { isTokenOf } from './clientAccess.js';
import type { OtherUser, TokenUsers } from './tokenUsers.js';

/**
 * The owner of a token. ARM does not record who created a token, and a name proves nothing: a token is the client's
 * only if the tags of its secrets or its record say so.
 */
export type Ownership =
  | { readonly kind: 'absent' }
  /** The client owns it: it was created for the client (`isMade`), or adopted earlier with another scope map. */
  | { readonly kind: 'own'; readonly isMade: boolean; readonly held?: HeldToken; readonly foundScopeMap?: string }
  /** It exists, and no known client uses it. */
  | { readonly kind: 'nobodys' }
  /** Another client uses it, perhaps in addition to this one. */
  | { readonly kind: 'others'; readonly users: readonly OtherUser[] };

interface Question {
  readonly onboarding: Onboarding;
  readonly token: TokenFacts | undefined;
  /** The tags of the client's enabled secrets. */
  readonly known: readonly CredentialTags[];
  readonly orphaned: readonly OrphanedToken[];
  readonly held: readonly HeldToken[];
  /** Names of the tokens that the client's revocation disabled; lower case. */
  readonly disabled: readonly string[];
}

/** Finds a token's owner. Reads nothing for a token that is the client's alone. @throws ServiceError */
export async function readOwnership(
  { vault }: Pick<ClientPorts, 'vault'>,
  tokenUsers: TokenUsers,
  { onboarding, token, known, orphaned, held, disabled }: Question,
): Promise<Ownership> {
  if (!token) return { kind: 'absent' };
  const recorded = ownBy(known);
  const all = recorded ? known : [...known, ...(await formerCredentials())];
  const own = recorded ?? ownBy(all);
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

  /** Disabled and deleted secrets also name the client's tokens. */
  async function formerCredentials(): Promise<CredentialTags[]> {
    const names = [mainSecretName(onboarding), candidateSecretName(onboarding)];
    const versions = (await Promise.all(names.map((name) => vault.versions(name)))).flat().map(({ tags }) => tags);
    const deleted = versions.length > 0 ? [] : await Promise.all(names.map((name) => vault.tagsOfDeleted(name)));
    return [...versions, ...deleted]
      .flatMap((tags) => (tags && parseTags(tags)) ?? [])
      .filter((tags) => clientKey(tags) === clientKey(onboarding));
  }
}

interface OwnershipFacts {
  readonly token: TokenFacts | undefined;
  readonly scopeMap: ScopeMapFacts | undefined;
  readonly known: readonly CredentialTags[];
  readonly ownership: Ownership;
}

/** Which resources this run creates, or an earlier run of this client created. */
export function madeByUs(onboarding: Onboarding, found: OwnershipFacts): MadeByUs {
  const { scopeMap, known, ownership } = found;
  const foundScopeMap = scopeMapToRestore(found);
  return {
    scopeMap: !scopeMap || known.some((tags) => tags.made.scopeMap && sameName(tags.scopeMap, onboarding.scopeMap)),
    token: ownership.kind === 'absent' || (ownership.kind === 'own' && ownership.isMade),
    ...(foundScopeMap === undefined ? {} : { foundScopeMap }),
  };
}

/** The entry about the token in the client's record, from the time when the run works with it. */
export function heldToken({ token: name, scopeMap }: Onboarding, found: OwnershipFacts, now: Date): HeldToken {
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

/** The scope map that an adopted token had at its adoption, by this run or an earlier one. */
function scopeMapToRestore({ token, ownership }: OwnershipFacts): string | undefined {
  if (ownership.kind === 'own') return ownership.isMade ? undefined : ownership.foundScopeMap;
  return ownership.kind === 'nobodys' ? token?.scopeMap : undefined;
}
