import type { Config } from '../../settings/config.js';
import type { HeldToken } from '../../domain/tokens/heldToken.js';
import type { OrphanedToken } from '../../domain/tokens/orphanedToken.js';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { sameActions, toActions } from '@connected-registry/protocol/names/permissions';
import type { RecordedReaders, Revocation } from '../../domain/clients/clientRecord.js';
import { pollersOfProfiles } from '../../domain/profiles/profiles.js';
import type { CredentialPlan, OnboardingPlan, RevokedToken, StoredCredential } from '../../domain/onboarding/plan.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { chooseSlot, isLive, isSamePassword, type KnownSlot } from '@connected-registry/protocol/registry/slots';
import type { Ports } from '../../ports/ports.js';
import { clientPorts, type ClientPorts } from '../../ports/vaults.js';
import type { ConnectedRegistryFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import type { SecretFacts } from '../../ports/secretVault.js';
import type { PlanAccess } from '../access/planAccess.js';
import { isBound, syncFacts, syncStop } from '../registry/connectedRegistry.js';
import { isAdoption, isOfOthers, leftByHand } from './adoption.js';
import type { Ancestor, Findings } from './findings.js';
import { isNamedByRights, isOursToRestore } from './rightsProblems.js';
import { plannedWrites } from './plannedWrites.js';
import { planPoller } from './planPoller.js';
import { preflightProblems, type Conclusions } from './preflightProblems.js';
import {
  ancestorsOf,
  unlessMended,
  type Look,
  type RegistryFactsQuery,
  type SlowFacts,
} from '../registry/registryFacts.js';
import type { SharedReads } from '../registry/sharedReads.js';
import { lackSecrets, readCloud } from './newClient.js';
import { heldToken, madeByUs, readOwnership } from '../clients/tokenOwnership.js';
import type { TokenUsers } from '../clients/tokenUsers.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/**
 * Reads all facts once and plans an onboarding. Writes nothing.
 *
 * @param vaultHost see InVault.
 * @param clears the revocation that the onboarding clears; undefined when the client is not revoked.
 * @param orphaned tokens that earlier runs of the client created and could not delete.
 * @param held tokens that the client's record says it holds.
 * @param readers who may read the client's secrets, by its record.
 * @throws ServiceError
 */
export type Preflight = (
  onboarding: Onboarding,
  vaultHost: string | undefined,
  clears?: Revocation,
  orphaned?: readonly OrphanedToken[],
  held?: readonly HeldToken[],
  readers?: RecordedReaders,
) => Promise<OnboardingPlan>;

/** Creates preflight over the app's ports. @param facts reads facts that change rarely, from a cache. @param reads reads the others. */
export function createPreflight(
  ports: Ports,
  config: Config,
  facts: RegistryFactsQuery,
  reads: SharedReads,
  tokenUsers: TokenUsers,
  planAccess: PlanAccess,
): Preflight {
  return (onboarding, vaultHost, clears, orphaned = [], held = [], readers) =>
    unlessMended(facts, (look) => plan(look, onboarding, vaultHost, { clears, orphaned, held, readers }));

  async function plan(
    look: Look,
    onboarding: Onboarding,
    vaultHost: string | undefined,
    remembered: Remembered,
  ): Promise<OnboardingPlan> {
    const { clears } = remembered;
    const now = new Date();
    const findings = await read(clientPorts(ports, vaultHost), { look, reads }, tokenUsers, onboarding, remembered);
    const endpoint = (onboarding.endpoint ?? findings.connectedRegistry?.loginServer ?? '').toLowerCase();
    const revoked = revokedToken(findings.token, clears);
    const credential = revoked ? FIRST_PASSWORD : planCredential(findings, onboarding, endpoint, now);
    const scopeMap = !findings.scopeMap
      ? 'absent'
      : sameActions(findings.scopeMap.actions, toActions(onboarding.permissions))
        ? 'same'
        : 'other';
    const restores = scopeMap === 'other' && (await mayRestore(ports, findings, onboarding));
    const { token } = findings;
    const otherMap = token && !sameName(token.scopeMap, onboarding.scopeMap);
    // A token that does not exist is on no list: ARM deletes none that is.
    const bound = token !== undefined && isBound(findings.connectedRegistry, onboarding.token);
    const { readers } = remembered;
    const hasCredential = findings.main !== undefined || clears !== undefined;
    const { access, problems: ofAccess } = await planAccess(onboarding, vaultHost, { readers, hasCredential });
    const ofProfiles = pollersOfProfiles(config.profileBook, onboarding);
    const { poller, problems: ofPoller } = planPoller(onboarding, { readers, hasCredential, ofProfiles });
    const left = revoked ? undefined : leftByHand(findings, onboarding, credential, now);
    const found: Omit<OnboardingPlan, 'writes' | 'adopts' | 'problems'> = {
      checkedAt: now.toISOString(),
      endpoint,
      sync: syncFacts(findings.connectedRegistry),
      scopeMap,
      ...(restores ? { restoresScopeMap: true } : {}),
      token: {
        exists: token !== undefined,
        ...(token?.createdAt === undefined ? {} : { createdAt: token.createdAt }),
        ...(!revoked && isAdoption(findings, onboarding) ? { isAdopted: true } : {}),
        held: heldToken(onboarding, findings, now),
        ...(otherMap ? { earlierScopeMap: token.scopeMap } : {}),
        ...(revoked ? { revoked } : {}),
      },
      made: madeByUs(onboarding, findings),
      bound,
      ...(findings.main ? { mainVersion: findings.main.version } : {}),
      credential: credential ?? FIRST_PASSWORD,
      ...(access ? { access } : {}),
      ...(poller ? { poller } : {}),
      ...(left && left.texts.length > 0 ? { byHand: left.texts } : {}),
      ...(left && left.working.length > 0 ? { working: left.working } : {}),
    };
    const conclusions: Conclusions = {
      endpoint,
      scopeMap: restores ? 'same' : scopeMap,
      bound,
      credential,
      isRevoked: revoked !== undefined,
    };
    const problems = [...preflightProblems(findings, onboarding, config, conclusions), ...ofAccess, ...ofPoller];
    return { ...found, problems, ...plannedWrites(found, onboarding) };
  }
}

/**
 * Whether to restore a scope map whose rights differ: the request asks for it, and the app created the map. A map with a chosen
 * name may by now give other clients their rights, so it is not restored when others use it.
 */
async function mayRestore({ controlPlane }: Ports, findings: Findings, onboarding: Onboarding): Promise<boolean> {
  const { registry, scopeMap, token } = onboarding;
  if (!onboarding.restoreScopeMap || !isOursToRestore(findings, onboarding)) return false;
  if (isNamedByRights(findings, onboarding)) return true;
  const users = await controlPlane.listTokensOf(registry, scopeMap);
  return users.every((name) => sameName(name, token));
}

const FIRST_PASSWORD: CredentialPlan = { kind: 'issue', slot: 'password1', replacesLivePassword: false };

async function read(
  ports: ClientPorts,
  { look: facts, reads }: { readonly look: Look; readonly reads: SharedReads },
  tokenUsers: TokenUsers,
  onboarding: Onboarding,
  { clears, orphaned, held }: Remembered,
): Promise<Findings> {
  const { controlPlane, vault } = ports;
  const { registry } = onboarding;
  // A revocation has disabled the secrets; their tags can still be read.
  const hidden = [mainSecretName(onboarding), candidateSecretName(onboarding)].filter(() => clears !== undefined);
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

/** Facts from the client's record. */
interface Remembered {
  readonly clears: Revocation | undefined;
  readonly orphaned: readonly OrphanedToken[];
  readonly held: readonly HeldToken[];
  readonly readers: RecordedReaders | undefined;
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

/**
 * Gives the passwords of a token that the revocation disabled. This includes a token that somebody has enabled since, because an old
 * password may work.
 */
function revokedToken(token: TokenFacts | undefined, clears: Revocation | undefined): RevokedToken | undefined {
  if (!token || !clears?.disabled.includes(token.name.toLowerCase())) return undefined;
  const passwords = Object.values(token.slots).map(({ createdAt }) => createdAt);
  return token.isEnabled && passwords.length === 0 ? undefined : { passwords };
}

/** Plans the credential; undefined when both slots hold working passwords that the app must not replace. */
function planCredential(
  findings: Findings,
  onboarding: Onboarding,
  endpoint: string,
  now: Date,
): CredentialPlan | undefined {
  const { token, main, candidate } = findings;
  const stored = token && main && fittingCredential(main, token, endpoint, now);
  if (stored) return { kind: 'keep', stored };
  // Whose the passwords of an adopted token are nobody knows: none that works is replaced, whatever the request allows.
  const replaceSlot = isOfOthers(findings) ? undefined : onboarding.replaceSlot;
  const choice = chooseSlot(token?.slots ?? {}, now, unpromoted(candidate, main), replaceSlot);
  if (choice.kind === 'allLive') return undefined;
  const earlier = token?.slots[choice.slot]?.createdAt;
  return {
    kind: 'issue',
    slot: choice.slot,
    replacesLivePassword: choice.replaces,
    ...(earlier === undefined ? {} : { earlierPassword: earlier }),
  };
}

/** Gives the main secret's credential if it is valid, and is for the token's current password and this endpoint. */
function fittingCredential(
  main: SecretFacts,
  token: TokenFacts,
  endpoint: string,
  now: Date,
): StoredCredential | undefined {
  const tags = parseTags(main.tags);
  if (!tags || !sameName(tags.token, token.name)) return undefined;
  // A disabled token is reported as a problem of its own: the password in the vault is still the token's.
  const fits =
    new Date(tags.expiresOn) > now &&
    isLive(token.slots[tags.slot], now) &&
    isSamePassword(token.slots, { slot: tags.slot, createdAt: tags.issued.slotCreatedAt }) &&
    main.endpoints.includes(endpoint);
  if (!fits) return undefined;
  return {
    name: main.name,
    version: main.version,
    slot: tags.slot,
    expiresOn: tags.expiresOn,
    ...(tags.pull ? { pull: tags.pull } : {}),
  };
}

/** Gives the password that an earlier run generated and never promoted: nobody uses it. */
function unpromoted(candidate: SecretFacts | undefined, main: SecretFacts | undefined): KnownSlot[] {
  const tags = candidate && parseTags(candidate.tags);
  if (!tags) return [];
  // A run may have crashed between promoting and disabling its candidate: that password is in use.
  const promoted = main && parseTags(main.tags)?.issued;
  if (promoted?.run === tags.issued.run && promoted.attempt === tags.issued.attempt) return [];
  return [{ slot: tags.slot, createdAt: tags.issued.slotCreatedAt }];
}
