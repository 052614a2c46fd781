import { listsToken, type KnownClient } from '../../domain/check/clientJudgement.js';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { parseTags, type CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { clientNames, mayBeShared } from '../../domain/tokens/sharedToken.js';
import type { ConnectedRegistryFacts } from '../../ports/registryControlPlane.js';
import type { SecretListing } from '../../ports/secretVault.js';
import { eachOf } from '../eachOf.js';
import type { RegistryReader } from '../registry/registryReader.js';
import type { PlacedListing } from './allVaults.js';
import { SHOWN_FOR, type TokenUsers } from './tokenUsers.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** A main secret of the app, with parsed tags. */
export interface ClientSecret {
  readonly name: string;
  /** Host of the vault that has it. */
  readonly vaultHost: string;
  readonly isEnabled: boolean;
  readonly tags: CredentialTags;
}

/** Parses a main secret; undefined for a candidate and for a secret of others. */
export function clientSecret({ vaultHost, ...listing }: PlacedListing): ClientSecret | undefined {
  const secret = parseClientSecret(listing);
  return secret && { ...secret, vaultHost };
}

/** The same for a secret whose vault plays no part. */
export function parseClientSecret({
  name,
  isEnabled,
  tags,
}: SecretListing): Omit<ClientSecret, 'vaultHost'> | undefined {
  const credential = parseTags(tags);
  if (!credential || name.toLowerCase() !== mainSecretName(credential)) return undefined;
  return { name: mainSecretName(credential), isEnabled, tags: credential };
}

/** Adds ARM's facts of its client to each secret, in the same order. @throws ServiceError */
export async function knownClients(
  secrets: readonly ClientSecret[],
  reader: RegistryReader,
  tokenUsers: TokenUsers,
): Promise<KnownClient[]> {
  const byRegistry = new Map<string, ClientSecret[]>();
  for (const secret of secrets) {
    const registry = secret.tags.registry.toLowerCase();
    byRegistry.set(registry, [...(byRegistry.get(registry) ?? []), secret]);
  }
  const facts = new Map(
    await eachOf([...byRegistry], async ([registry, its]) => {
      const tokenNames = its.map(({ tags }) => tags.token);
      const mapNames = its.map(({ tags }) => tags.scopeMap);
      const [connectedRegistries, tokens, scopeMaps] = await Promise.all([
        reader.connectedRegistries(registry),
        reader.tokens(registry, tokenNames),
        reader.scopeMaps(registry, mapNames),
      ]);
      return [registry, { tokens, scopeMaps, ...bindings(connectedRegistries) }] as const;
    }),
  );
  const tokenOf = (tags: CredentialTags) =>
    facts.get(tags.registry.toLowerCase())?.tokens.get(tags.token.toLowerCase());
  // The vault's listing is read once, and answers for all clients.
  const isSuspect = secrets.some(({ tags }) => {
    const token = tokenOf(tags);
    return token !== undefined && mayBeShared(token, tags, [tags]);
  });
  const shared = await eachOf(isSuspect ? secrets : [], ({ tags }) => tokenUsers.others(tags.token, tags, SHOWN_FOR));
  return secrets.map(({ tags, vaultHost, isEnabled }, index) => {
    const users = shared[index] ?? [];
    const its = facts.get(tags.registry.toLowerCase());
    const token = its?.tokens.get(tags.token.toLowerCase());
    const scopeMap = its?.scopeMaps.get(tags.scopeMap.toLowerCase());
    const connectedRegistry = its?.named.get(tags.connectedRegistry.toLowerCase());
    const elsewhere = its?.bound.get(tags.token.toLowerCase())?.find((name) => !sameName(name, tags.connectedRegistry));
    return {
      tags,
      vaultHost,
      secretIsEnabled: isEnabled,
      ...(token ? { token } : {}),
      ...(scopeMap ? { actions: scopeMap.actions } : {}),
      ...(connectedRegistry ? { connectedRegistry } : {}),
      ...(elsewhere === undefined ? {} : { boundElsewhere: elsewhere }),
      ...(users.length === 0 ? {} : { sharedWith: clientNames(users) }),
    };
  });
}

/** Whether the connected registry in the secret's tags lists the secret's token. */
export function isBoundAsTagged({ tags, connectedRegistry }: KnownClient): boolean {
  return listsToken(connectedRegistry, tags.token);
}

/**
 * Maps each token's name in lower case to the connected registries that list it: it is looked up for thousands of
 * clients.
 */
function bindings(connectedRegistries: readonly ConnectedRegistryFacts[]) {
  const bound = new Map<string, string[]>();
  for (const { name, clientTokens } of connectedRegistries)
    for (const token of clientTokens) {
      const key = token.toLowerCase();
      bound.set(key, [...(bound.get(key) ?? []), name]);
    }
  return { bound, named: new Map(connectedRegistries.map((item) => [item.name.toLowerCase(), item])) };
}
