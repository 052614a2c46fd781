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
import type { Ports } from '../../ports/ports.js';
import type { ConnectedRegistryFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import type { SecretVersionFacts } from '../../ports/secretVault.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { isBound } from '../registry/connectedRegistry.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** All by which a client has access, or had: what an offboarding takes away, and a revocation disables. */
export interface ClientAccess {
  readonly connectedRegistry: ConnectedRegistryFacts | undefined;
  readonly tokens: readonly ClientToken[];
  /** What secrets still tell of tokens that are gone. */
  readonly former: readonly FormerToken[];
  readonly secrets: readonly ClientSecret[];
  /** Names of all tokens that the client may have a claim on; lower case. */
  readonly names: readonly string[];
}

/** What tells of tokens that no secret tells of. */
export interface OtherTokens {
  /** The token of the run in progress. */
  readonly run?: RunToken;
  /** Tokens that earlier runs made and left. */
  readonly orphaned?: readonly OrphanedToken[];
  /** Tokens that the client has from us. */
  readonly held?: readonly HeldToken[];
}

/** A token that is there. */
export interface ClientToken extends TokenFacts {
  /** An earlier run made it; another one was there before, and is not ours to delete. */
  readonly isOurs: boolean;
  /** When each of the passwords that we put into its slots was made (ISO 8601). */
  readonly ourPasswords: readonly string[];
  /** What the client's secrets tell of it. */
  readonly tags: readonly CredentialTags[];
  /** Slots filled since the client has it, while no secret is left that tells whose passwords they hold. */
  readonly doubtful: readonly { readonly slot: SlotName; readonly createdAt: string }[];
  /**
   * Nothing says that it is the client's but its name, which is the one that the client's would have: with a scope map that
   * carries our mark (`marked`), or with another.
   */
  readonly byNameOnly?: 'marked' | 'unmarked';
  /** Of a token that others made: the scope map that it is to have again, and those that we gave it (lower case). */
  readonly foundScopeMap?: string;
  readonly given: readonly string[];
}

/** Names in lower case. */
export interface FormerToken {
  readonly name: string;
  readonly scopeMap: string;
}

/** A secret that is not deleted. */
export interface ClientSecret {
  readonly name: string;
  /** The client's own versions. */
  readonly versions: readonly SecretVersionFacts[];
  /** It has versions that are not the client's. */
  readonly isShared: boolean;
}

/** The token of the run in progress, which no secret may name yet. */
export interface RunToken {
  readonly token: string;
  /** When the run was asked for (ISO 8601). */
  readonly since: string;
  /** Whether it may have put a password into the token. */
  readonly hasIssued: boolean;
}

/**
 * Clocks of one service, in milliseconds: a token is made before its first password, and both times are the registry's.
 */
const SAME_SERVICE_SKEW = 60_000;

/**
 * Whether a secret's tags are about this very token, and not about an earlier one of that name: the name may have been
 * given to another since.
 */
export function isTokenOf(tags: CredentialTags, token: Pick<TokenFacts, 'name' | 'createdAt'>): boolean {
  if (!sameName(tags.token, token.name)) return false;
  const { slotCreatedAt } = tags.issued;
  return (
    token.createdAt === undefined ||
    new Date(token.createdAt).getTime() <= new Date(slotCreatedAt).getTime() + SAME_SERVICE_SKEW
  );
}

/**
 * Reads what is left of a client, however much of it is gone: its secrets' tags name its tokens, those of deleted secrets
 * if there are no others, and `others` does. Where none of these names one, the token of a name that we give this client is
 * shown too, as one that only its name speaks for.
 * @param unread where given, what cannot be read is noted there in words, and the rest is read all the same.
 * @throws ServiceError
 */
export async function readClientAccess(
  { controlPlane, vault }: Pick<Ports, 'controlPlane' | 'vault'>,
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
  // Tags that somebody tampered with must not lead to a connected registry's own token.
  // Where that is unknown it is the name that the Azure CLI gives it.
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

/** Whether anything of the client was found, enabled or not; its name on the client list counts, too. */
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

/** When the passwords in the slots were made (ISO 8601) that these credentials tell of. */
function slotsFilledBy(slots: TokenFacts['slots'], known: readonly CredentialTags[]): string[] {
  const ours = new Set(known.flatMap(passwordsOf));
  return Object.values(slots)
    .map(({ createdAt }: FilledSlot) => createdAt)
    .filter((createdAt) => ours.has(new Date(createdAt).getTime()));
}

/** Clocks of the registry and of the app may differ: a password from just before may be ours as well. */
function filledSince(slots: TokenFacts['slots'], since: string): ClientToken['doubtful'] {
  return SLOT_NAMES.flatMap((slot) => {
    const { createdAt } = slots[slot] ?? {};
    return createdAt !== undefined && madeSince(createdAt, since) ? [{ slot, createdAt }] : [];
  });
}

/** Notes in words what cannot be read, where somebody wants to go on without; else the error goes on. */
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
