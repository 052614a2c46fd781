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
  readonly secrets: readonly VersionedSecret[];
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

/** The same, with empty lists for what is not given. */
interface NamedTokens extends Required<Omit<OtherTokens, 'run'>> {
  readonly run: RunToken | undefined;
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
   * Present when only the name, which is the client's default, connects the token with the client: its scope map has
   * the app's mark (`marked`) or not.
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
export interface VersionedSecret {
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
 * Reads everything that exists of a client, even if parts are missing. The tags of its secrets name its tokens (those
 * of deleted secrets if there are no others), and so does `others`. When none of them names a token, the token with the
 * client's default name is read too, and marked as known by its name only.
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
  const others: NamedTokens = { run, orphaned, held };
  const [connectedRegistry, { secrets, known }] = await Promise.all([
    orNoted(`connected registry ${reference.connectedRegistry}`, undefined, () =>
      controlPlane.getConnectedRegistry(registry, reference.connectedRegistry),
    ),
    readSecrets(vault, reference, orNoted),
  ]);
  const { names, byName } = candidateNames(reference, known, others, connectedRegistry);
  const tokens: ClientToken[] = [];
  const gone: string[] = [];
  for (const name of names) {
    const found = await orNoted(`token ${name}`, undefined, () => controlPlane.getToken(registry, name));
    if (!found) gone.push(name);
    else {
      const { isReported, token } = describeToken(found, known, others);
      if (isReported) tokens.push(token);
      else if (name === byName) tokens.push({ ...token, byNameOnly: (await isMarked(found)) ? 'marked' : 'unmarked' });
    }
  }
  return { connectedRegistry, tokens, former: formerTokens(gone, known, held, tokens), secrets, names };

  async function isMarked({ scopeMap }: TokenFacts): Promise<boolean> {
    const map = await orNoted(`scope map ${scopeMap}`, undefined, () => controlPlane.getScopeMap(registry, scopeMap));
    return map?.description === SCOPE_MAP_MARK;
  }
}

/** Reads the client's secrets, and its tags in them; those of deleted secrets if there are no others. */
async function readSecrets(
  vault: ClientPorts['vault'],
  reference: ClientReference,
  orNoted: Noting,
): Promise<{ readonly secrets: readonly VersionedSecret[]; readonly known: readonly CredentialTags[] }> {
  const own = (raw: SecretVersionFacts['tags'] | undefined): CredentialTags[] => {
    const tags = raw && parseTags(raw);
    return tags && clientKey(tags) === clientKey(reference) ? [tags] : [];
  };
  const names = [mainSecretName(reference), candidateSecretName(reference)];
  const found = await Promise.all(
    names.map(async (name) => ({ name, versions: await orNoted(`secret ${name}`, [], () => vault.versions(name)) })),
  );
  const secrets = found.flatMap(({ name, versions }): VersionedSecret[] => {
    const ours = versions.filter(({ tags }) => own(tags).length > 0);
    return versions.length === 0 ? [] : [{ name, versions: ours, isShared: ours.length < versions.length }];
  });
  const known = secrets.flatMap(({ versions }) => versions.flatMap(({ tags }) => own(tags)));
  if (known.length > 0) return { secrets, known };
  const deleted = await Promise.all(
    names.map((name) => orNoted(`deleted secret ${name}`, undefined, () => vault.tagsOfDeleted(name))),
  );
  return { secrets, known: deleted.flatMap(own) };
}

/**
 * The names of all tokens that may be the client's; lower case.
 * @returns in `byName` the one that is read only because it is the client's default
 */
function candidateNames(
  reference: ClientReference,
  known: readonly CredentialTags[],
  { run, orphaned, held }: NamedTokens,
  connectedRegistry: ConnectedRegistryFacts | undefined,
): { readonly names: readonly string[]; readonly byName: string | undefined } {
  const named = new Set([...known, ...orphaned, ...held, ...(run ? [run] : [])].map(({ token }) => lower(token)));
  const byDefault = defaultTokenName(reference);
  const byName = known.length === 0 && !named.has(byDefault) ? byDefault : undefined;
  // Manipulated tags must not lead to the sync token of the connected registry. When its name is unknown, the Azure
  // CLI's default is assumed: the name of the connected registry.
  const syncToken = connectedRegistry && lower(connectedRegistry.syncToken ?? connectedRegistry.name);
  const names = [...named, ...(byName === undefined ? [] : [byName])].filter((name) => name !== syncToken);
  return { names, byName };
}

/** Describes a token that exists. @returns in `isReported` whether anything but its name connects it with the client */
function describeToken(
  found: TokenFacts,
  known: readonly CredentialTags[],
  { run, orphaned, held }: NamedTokens,
): { readonly isReported: boolean; readonly token: ClientToken } {
  const tags = known.filter((one) => isTokenOf(one, found));
  const remembered = findHeldToken(held, found);
  const wasOrphaned = isOrphaned(orphaned, found);
  const foundScopeMap = remembered?.foundScopeMap ?? tags.find(({ made }) => made.foundScopeMap)?.made.foundScopeMap;
  const given = [...tags, ...(remembered ? [remembered] : [])].map(({ scopeMap }) => lower(scopeMap));
  return {
    isReported: tags.length > 0 || wasOrphaned || remembered !== undefined || isRunToken(found, run),
    token: {
      ...found,
      isOurs: wasOrphaned || remembered?.isMade === true || tags.some(({ made }) => made.token),
      ourPasswords: slotsFilledBy(found.slots, tags),
      tags,
      doubtful: tags.length === 0 && remembered ? filledSince(found.slots, remembered.since) : [],
      ...(foundScopeMap === undefined ? {} : { foundScopeMap }),
      given: [...new Set(given)],
    },
  };
}

/** The tokens that are gone, and that secrets or the client's record name. @param gone names in lower case */
function formerTokens(
  gone: readonly string[],
  known: readonly CredentialTags[],
  held: readonly HeldToken[],
  tokens: readonly ClientToken[],
): readonly FormerToken[] {
  const ofSecrets = gone.flatMap((name) => known.filter(({ token }) => lower(token) === name).map(toFormer));
  const accounted = new Set([...tokens, ...ofSecrets].map(({ name }) => lower(name)));
  const onlyHeld = new Map<string, FormerToken>();
  for (const token of held.map(toFormer))
    if (!accounted.has(token.name) && !onlyHeld.has(token.name)) onlyHeld.set(token.name, token);
  return [...ofSecrets, ...onlyHeld.values()];
}

function toFormer({ token, scopeMap }: Pick<HeldToken, 'token' | 'scopeMap'>): FormerToken {
  return { name: lower(token), scopeMap: lower(scopeMap) };
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

/** Reads, and gives a value in place of what cannot be read, or throws. */
type Noting = <T>(what: string, otherwise: T, read: () => Promise<T>) => Promise<T>;

/** Adds failed reads to `unread` when it is given; otherwise their errors pass. */
function createNoting(unread: string[] | undefined): Noting {
  return async (what, otherwise, read) => {
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
