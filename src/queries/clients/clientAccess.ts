import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { findHeldToken, type HeldToken } from '../../domain/tokens/heldToken.js';
import { isOrphaned, type OrphanedToken } from '../../domain/tokens/orphanedToken.js';
import { madeSince } from '../../domain/tokens/madeSince.js';
import {
  candidateSecretName,
  defaultTokenName,
  mainSecretName,
  SCOPE_MAP_MARK,
} from '@connected-registry/protocol/names/names';
import { parseTags, type CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { passwordsOf } from '../../domain/tokens/sharedToken.js';
import { SLOT_NAMES, type FilledSlot, type SlotName } from '@connected-registry/protocol/registry/slots';
import type { ClientPorts } from '../../ports/vaults.js';
import type { ConnectedRegistryFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import type { SecretVersionFacts } from '../../ports/secretVault.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { isBound } from '../registry/connectedRegistry.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Everything that gives or gave a client access: an offboarding removes it, and a revocation disables it. */
export interface ClientAccess {
  readonly connectedRegistry: ConnectedRegistryFacts | undefined;
  readonly tokens: readonly ClientToken[];
  /** Deleted tokens that secrets still name. */
  readonly former: readonly FormerToken[];
  readonly secrets: readonly ClientSecret[];
  /** Names of all tokens that the client may have claimed; lower case. */
  readonly names: readonly string[];
}

/** Tokens of the client that no secret names. */
export interface OtherTokens {
  /** The token of the run in progress. */
  readonly run?: RunToken;
  /** Tokens that earlier runs created and could not delete. */
  readonly orphaned?: readonly OrphanedToken[];
  /** Tokens that the client's record says it holds. */
  readonly held?: readonly HeldToken[];
}

/** A token that exists. */
export interface ClientToken extends TokenFacts {
  /** True when a run created it. Otherwise somebody else created it, and the app must not delete it. */
  readonly isOurs: boolean;
  /** Creation times (ISO 8601) of the passwords that the app put into its slots. */
  readonly ourPasswords: readonly string[];
  /** The tags of the client's secrets that name it. */
  readonly tags: readonly CredentialTags[];
  /** Slots that were filled since the client has the token, when no secret shows whose passwords they hold. */
  readonly doubtful: readonly { readonly slot: SlotName; readonly createdAt: string }[];
  /**
   * Present when only the name, which is the client's default, connects the token with the client: its scope map has the app's
   * mark (`marked`) or not.
   */
  readonly byNameOnly?: 'marked' | 'unmarked';
  /** For an adopted token: the scope map to restore, and the scope maps that the app gave it (lower case). */
  readonly foundScopeMap?: string;
  readonly given: readonly string[];
}

/** Names in lower case. */
interface FormerToken {
  readonly name: string;
  readonly scopeMap: string;
}

/** A secret that exists and is not deleted. */
export interface ClientSecret {
  readonly name: string;
  /** The client's own versions. */
  readonly versions: readonly SecretVersionFacts[];
  /** True when it also has versions of others. */
  readonly isShared: boolean;
}

/** The token of the run in progress; perhaps no secret names it yet. */
interface RunToken {
  readonly token: string;
  /** Time of the run's request (ISO 8601). */
  readonly since: string;
  /** Whether it may have put a password into the token. */
  readonly hasIssued: boolean;
}

/** Tolerance between times of one service, in milliseconds: a token is created before its first password. */
const SAME_SERVICE_SKEW = 60_000;

/** Whether a secret's tags describe this token, and not an earlier token of the same name. */
export function isTokenOf(tags: CredentialTags, token: Pick<TokenFacts, 'name' | 'createdAt'>): boolean {
  if (!sameName(tags.token, token.name)) return false;
  const { slotCreatedAt } = tags.issued;
  return (
    token.createdAt === undefined ||
    new Date(token.createdAt).getTime() <= new Date(slotCreatedAt).getTime() + SAME_SERVICE_SKEW
  );
}

/**
 * Reads everything that exists of a client, even if parts are missing. The tags of its secrets name its tokens (those of deleted
 * secrets if there are no others), and so does `others`. When none of them names a token, the token with the client's default
 * name is read too, and marked as known by its name only.
 *
 * @param unread receives a description of each resource that cannot be read; without it such an error is thrown.
 * @throws ServiceError
 */
export async function readClientAccess(
  { controlPlane, vault }: ClientPorts,
  reference: ClientReference,
  { run, orphaned = [], held = [] }: OtherTokens = {},
  unread?: string[],
): Promise<ClientAccess> {
  const orNoted = createNoting(unread);
  const { registry } = reference;
  const names = [mainSecretName(reference), candidateSecretName(reference)];
  const [connectedRegistry, ...versions] = await Promise.all([
    orNoted(`connected registry ${reference.connectedRegistry}`, undefined, () =>
      controlPlane.getConnectedRegistry(registry, reference.connectedRegistry),
    ),
    ...names.map((name) => orNoted(`secret ${name}`, [], () => vault.versions(name))),
  ]);
  const own = (version: { readonly tags: SecretVersionFacts['tags'] }): CredentialTags[] => {
    const tags = parseTags(version.tags);
    return tags && clientKey(tags) === clientKey(reference) ? [tags] : [];
  };
  const secrets = names.flatMap((name, index): ClientSecret[] => {
    const all = versions[index] ?? [];
    const ours = all.filter((version) => own(version).length > 0);
    return all.length === 0 ? [] : [{ name, versions: ours, isShared: ours.length < all.length }];
  });
  let known = versions.flat().flatMap(own);
  if (known.length === 0) {
    const deleted = names.map((name) => orNoted(`deleted secret ${name}`, undefined, () => vault.tagsOfDeleted(name)));
    known = (await Promise.all(deleted)).flatMap(ownTags);
  }
  const wanted = new Set(
    [...[...known, ...orphaned, ...held].map(({ token }) => token), ...(run ? [run.token] : [])].map(lower),
  );
  const byName = known.length === 0 ? [defaultTokenName(reference)].filter((name) => !wanted.has(name)) : [];
  for (const name of byName) wanted.add(name);
  // Manipulated tags must not lead to the sync token of the connected registry. When its name is unknown, the Azure CLI's
  // default is assumed: the name of the connected registry.
  if (connectedRegistry) wanted.delete(lower(connectedRegistry.syncToken ?? connectedRegistry.name));

  const tokens: ClientToken[] = [];
  const former: FormerToken[] = [];
  for (const name of wanted) {
    const found = await orNoted(`token ${name}`, undefined, () => controlPlane.getToken(registry, name));
    const about = known.filter(({ token }) => lower(token) === name);
    const fitting = found ? about.filter((tags) => isTokenOf(tags, found)) : [];
    if (!found) former.push(...about.map(({ scopeMap }) => ({ name, scopeMap: lower(scopeMap) })));
    else {
      const remembered = findHeldToken(held, found);
      const wasOrphaned = isOrphaned(orphaned, found);
      const isReported = fitting.length > 0 || wasOrphaned || remembered !== undefined || isRunToken(found, run);
      if (!isReported && !byName.includes(name)) continue;
      const isOurs = wasOrphaned || remembered?.isMade === true || fitting.some(({ made }) => made.token);
      const foundScopeMap =
        remembered?.foundScopeMap ?? fitting.find(({ made }) => made.foundScopeMap)?.made.foundScopeMap;
      const given = [...fitting, ...(remembered ? [remembered] : [])].map(({ scopeMap }) => lower(scopeMap));
      tokens.push({
        ...found,
        isOurs,
        ourPasswords: slotsFilledBy(found.slots, fitting),
        tags: fitting,
        doubtful: fitting.length === 0 && remembered ? filledSince(found.slots, remembered.since) : [],
        ...(isReported ? {} : { byNameOnly: (await isMarked(found)) ? 'marked' : 'unmarked' }),
        ...(foundScopeMap === undefined ? {} : { foundScopeMap }),
        given: [...new Set(given)],
      });
    }
  }
  for (const { token, scopeMap } of held)
    if (!tokens.some(({ name }) => lower(name) === lower(token)) && !former.some(({ name }) => name === lower(token)))
      former.push({ name: lower(token), scopeMap: lower(scopeMap) });
  return { connectedRegistry, tokens, former, secrets, names: [...wanted] };

  async function isMarked({ scopeMap }: TokenFacts): Promise<boolean> {
    const map = await orNoted(`scope map ${scopeMap}`, undefined, () => controlPlane.getScopeMap(registry, scopeMap));
    return map?.description === SCOPE_MAP_MARK;
  }

  function ownTags(tags: SecretVersionFacts['tags'] | undefined): CredentialTags[] {
    return tags ? own({ tags }) : [];
  }
}

/** Whether anything of the client exists, enabled or not, its default token's name on the client list included. */
export function isThere(
  { tokens, secrets, former, connectedRegistry }: ClientAccess,
  reference: ClientReference,
): boolean {
  const isListed = isBound(connectedRegistry, defaultTokenName(reference));
  return tokens.length + secrets.length + former.length > 0 || isListed;
}

function isRunToken(token: TokenFacts, run: RunToken | undefined): boolean {
  if (!run || lower(run.token) !== lower(token.name)) return false;
  return run.hasIssued || madeSince(token.createdAt, run.since);
}

/** Creation times (ISO 8601) of the passwords in the slots that these credentials describe. */
function slotsFilledBy(slots: TokenFacts['slots'], known: readonly CredentialTags[]): string[] {
  const ours = new Set(known.flatMap(passwordsOf));
  return Object.values(slots)
    .map(({ createdAt }: FilledSlot) => createdAt)
    .filter((createdAt) => ours.has(new Date(createdAt).getTime()));
}

/** Slots filled since a time, with tolerance for the difference between the clocks of registry and app. */
function filledSince(slots: TokenFacts['slots'], since: string): ClientToken['doubtful'] {
  return SLOT_NAMES.flatMap((slot) => {
    const { createdAt } = slots[slot] ?? {};
    return createdAt !== undefined && madeSince(createdAt, since) ? [{ slot, createdAt }] : [];
  });
}

/** Reads, and adds a failed read to `unread` when it is given; otherwise the error passes. */
function createNoting(unread: string[] | undefined) {
  return async <T>(what: string, otherwise: T, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!unread || !(error instanceof ServiceError)) throw error;
      unread.push(`${what}: ${error.message}`);
      return otherwise;
    }
  };
}

function lower(name: string): string {
  return name.toLowerCase();
}
