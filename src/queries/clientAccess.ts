import { clientKey, type ClientReference } from '../domain/clientKey.js';
import { isLeft, type LeftToken } from '../domain/leftToken.js';
import { madeSince } from '../domain/madeSince.js';
import { candidateSecretName, defaultTokenName, mainSecretName, SCOPE_MAP_MARK } from '../domain/names.js';
import { parseTags, type CredentialTags } from '../domain/secretTags.js';
import type { FilledSlot } from '../domain/slots.js';
import type { Ports } from '../ports/ports.js';
import type { ConnectedRegistryFacts, TokenFacts } from '../ports/registryControlPlane.js';
import type { SecretVersionFacts } from '../ports/secretVault.js';

/** All by which a client has access, or had: what an offboarding takes away, and a revocation disables. */
export interface ClientAccess {
  readonly connectedRegistry: ConnectedRegistryFacts | undefined;
  readonly tokens: readonly ClientToken[];
  /** What secrets still tell of tokens that are gone. */
  readonly former: readonly FormerToken[];
  readonly secrets: readonly ClientSecret[];
}

/** What tells of tokens that no secret tells of. */
export interface OtherTokens {
  /** The token of the run in progress. */
  readonly run?: RunToken;
  /** Tokens that earlier runs made and left. */
  readonly left?: readonly LeftToken[];
}

/** A token that is there. */
export interface ClientToken extends TokenFacts {
  /** An earlier run made it; another one was there before, and is not ours to delete. */
  readonly isOurs: boolean;
  /** When each of the passwords that we put into its slots was made (ISO 8601). */
  readonly ourPasswords: readonly string[];
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
  if (tags.token.toLowerCase() !== token.name.toLowerCase()) return false;
  const { slotCreatedAt } = tags.issued;
  return (
    token.createdAt === undefined ||
    new Date(token.createdAt).getTime() <= new Date(slotCreatedAt).getTime() + SAME_SERVICE_SKEW
  );
}

/**
 * Reads what is left of a client, however much of it is gone: its secrets' tags name its tokens, those of deleted secrets
 * if there are no others, and `others` does. Where no secret names one, it is the token of the default name, if its scope map carries our mark.
 * @throws ServiceError
 */
export async function readClientAccess(
  { controlPlane, vault }: Ports,
  reference: ClientReference,
  { run, left = [] }: OtherTokens = {},
): Promise<ClientAccess> {
  const { registry } = reference;
  const names = [mainSecretName(reference), candidateSecretName(reference)];
  const [connectedRegistry, ...versions] = await Promise.all([
    controlPlane.getConnectedRegistry(registry, reference.connectedRegistry),
    ...names.map((name) => vault.versions(name)),
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
  if (known.length === 0) known = (await Promise.all(names.map((name) => vault.tagsOfDeleted(name)))).flatMap(ownTags);
  const wanted = new Set(
    [...known.map(({ token }) => token), ...(run ? [run.token] : []), ...left.map(({ token }) => token)].map(lower),
  );
  const usual = known.length === 0 ? lower(defaultTokenName(reference)) : undefined;
  if (usual !== undefined) wanted.add(usual);
  // Tags that somebody tampered with must not lead to a connected registry's own token.
  // Where that is unknown it is the name that the Azure CLI gives it.
  if (connectedRegistry) wanted.delete(lower(connectedRegistry.syncToken ?? connectedRegistry.name));

  const tokens: ClientToken[] = [];
  const former: FormerToken[] = [];
  for (const name of wanted) {
    const found = await controlPlane.getToken(registry, name);
    const about = known.filter(({ token }) => lower(token) === name);
    const fitting = found ? about.filter((tags) => isTokenOf(tags, found)) : [];
    if (!found) former.push(...about.map(({ scopeMap }) => ({ name, scopeMap: lower(scopeMap) })));
    else {
      const isUsual = name === usual && (await isMarked(found));
      const wasLeft = isLeft(left, found);
      if (fitting.length === 0 && !isUsual && !wasLeft && !isRunToken(found, run)) continue;
      const isOurs = isUsual || wasLeft || fitting.some(({ made }) => made.token);
      tokens.push({ ...found, isOurs, ourPasswords: passwordsOf(found.slots, fitting) });
    }
  }
  return { connectedRegistry, tokens, former, secrets };

  async function isMarked(token: TokenFacts): Promise<boolean> {
    return (await controlPlane.getScopeMap(registry, token.scopeMap))?.description === SCOPE_MAP_MARK;
  }

  function ownTags(tags: SecretVersionFacts['tags'] | undefined): CredentialTags[] {
    return tags ? own({ tags }) : [];
  }
}

function isRunToken(token: TokenFacts, run: RunToken | undefined): boolean {
  if (!run || lower(run.token) !== lower(token.name)) return false;
  return run.hasIssued || madeSince(token.createdAt, run.since);
}

function passwordsOf(slots: TokenFacts['slots'], known: readonly CredentialTags[]): string[] {
  const ours = new Set(known.map(({ issued }) => new Date(issued.slotCreatedAt).getTime()));
  return Object.values(slots)
    .map(({ createdAt }: FilledSlot) => createdAt)
    .filter((createdAt) => ours.has(new Date(createdAt).getTime()));
}

function lower(name: string): string {
  return name.toLowerCase();
}
