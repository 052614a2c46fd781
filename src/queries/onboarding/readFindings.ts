import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { ConnectedRegistryFacts } from '../../ports/registryControlPlane.js';
import type { ClientPorts } from '../../ports/vaults.js';
import { readOwnership } from '../clients/tokenOwnership.js';
import type { TokenUsers } from '../clients/tokenUsers.js';
import { syncStop } from '../registry/connectedRegistry.js';
import type { Look, SlowFacts } from '../registry/look.js';
import { ancestorsOf } from '../registry/registryFacts.js';
import type { SharedReads } from '../registry/sharedReads.js';
import { isOfOthers } from './adoption.js';
import type { Ancestor, Findings } from './findings.js';
import { lackSecrets, readCloud } from './newClient.js';
import type { RecordFacts } from './recordFacts.js';

/** Reads all facts of an onboarding. @throws ServiceError */
export async function readFindings(
  ports: ClientPorts,
  { look: facts, reads }: { readonly look: Look; readonly reads: SharedReads },
  tokenUsers: TokenUsers,
  onboarding: Onboarding,
  { clears, orphaned = [], held = [] }: RecordFacts,
): Promise<Findings> {
  const { controlPlane, vault } = ports;
  const { registry } = onboarding;
  // A revocation has disabled the secrets; their tags can still be read.
  const hidden = clears ? [mainSecretName(onboarding), candidateSecretName(onboarding)] : [];
  const isRemembered = [...orphaned, ...held].some(({ token: name }) => sameName(name, onboarding.token));
  const isKnown = clears !== undefined || isRemembered;
  const [slow, cloud, lacksSecrets, ...versions] = await Promise.all([
    facts.slowFacts(registry),
    readCloud(facts, reads, onboarding, isKnown),
    // Every run that saves a secret of the client has its token recorded first.
    !isKnown && orphaned.length === 0 && held.length === 0 && lackSecrets(tokenUsers, onboarding),
    ...hidden.map((name) => vault.versions(name)),
  ]);
  const [main, candidate] =
    lacksSecrets && !cloud.token
      ? []
      : await Promise.all([vault.current(mainSecretName(onboarding)), vault.current(candidateSecretName(onboarding))]);
  const known = [main, candidate, ...versions.flat()].flatMap((secret) => (secret && parseTags(secret.tags)) ?? []);
  // The client's secrets name a token that was not found: it may be younger than the look.
  const isDoubtful = !cloud.token && known.some(({ token: name }) => sameName(name, onboarding.token));
  const { connectedRegistry, syncScope, scopeMap, token } = isDoubtful
    ? await readCloud(facts, reads, onboarding, true)
    : cloud;
  const ancestors = await readAncestors(facts, registry, slow, connectedRegistry);
  const ownership = await readOwnership(ports, tokenUsers, {
    onboarding,
    token,
    known,
    orphaned,
    held,
    disabled: clears?.disabled ?? [],
  });
  const theirMap = isOfOthers({ token, ownership, main }) ? (token?.scopeMap ?? '') : '';
  const foundScopeMap = theirMap === '' ? undefined : await controlPlane.getScopeMap(registry, theirMap);
  const tokens = { token, main, candidate, known, ownership, foundScopeMap };
  return { slow, connectedRegistry, syncScope, ancestors, scopeMap, ...tokens };
}

/** Reads the ancestors; none for a connected registry that syncs from the registry in the cloud, as most do. */
async function readAncestors(
  facts: Look,
  registry: string,
  slow: SlowFacts,
  connectedRegistry: ConnectedRegistryFacts | undefined,
): Promise<Ancestor[]> {
  return Promise.all(
    ancestorsOf(slow, connectedRegistry).map(async ({ isActive, syncToken, ...ancestor }) => ({
      ...syncStop(ancestor),
      isActive,
      syncScope: syncToken ? await facts.syncScope(registry, syncToken) : undefined,
    })),
  );
}
