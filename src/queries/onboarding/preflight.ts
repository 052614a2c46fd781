import type { Config } from '../../settings/config.js';
import { sameActions, toActions } from '@connected-registry/protocol/names/permissions';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { OnboardingPlan, RevokedToken } from '../../domain/onboarding/plan.js';
import { pollersOfProfiles } from '../../domain/profiles/profiles.js';
import type { Ports } from '../../ports/ports.js';
import { clientPorts } from '../../ports/vaults.js';
import type { PlanAccess } from '../access/planAccess.js';
import { heldToken, madeByUs } from '../clients/tokenOwnership.js';
import type { TokenUsers } from '../clients/tokenUsers.js';
import { isBound, syncFacts } from '../registry/connectedRegistry.js';
import type { Look } from '../registry/look.js';
import { unlessMended, type RegistryFactsQuery } from '../registry/registryFacts.js';
import type { SharedReads } from '../registry/sharedReads.js';
import { isAdoption, leftByHand, type LeftByHand } from './adoption.js';
import type { Findings } from './findings.js';
import { FIRST_PASSWORD, planCredential, revokedToken } from './planCredential.js';
import { plannedWrites } from './plannedWrites.js';
import { planPoller } from './planPoller.js';
import { preflightProblems, type Conclusions } from './preflightProblems.js';
import { readFindings } from './readFindings.js';
import type { RecordFacts } from './recordFacts.js';
import { isNamedByRights, isOursToRestore } from './rightsProblems.js';

/**
 * Reads all facts once and plans an onboarding. Writes nothing.
 *
 * @param vaultHost see InVault.
 * @param recorded what the client's record says; absent for a client without a record.
 * @throws ServiceError
 */
export type Preflight = (
  onboarding: Onboarding,
  vaultHost: string | undefined,
  recorded?: RecordFacts,
) => Promise<OnboardingPlan>;

/**
 * Creates preflight over the app's ports.
 * @param facts reads facts that change rarely, from a cache.
 * @param reads reads the others.
 */
export function createPreflight(
  ports: Ports,
  config: Config,
  facts: RegistryFactsQuery,
  reads: SharedReads,
  tokenUsers: TokenUsers,
  planAccess: PlanAccess,
): Preflight {
  return (onboarding, vaultHost, recorded = {}) =>
    unlessMended(facts, (look) => plan(look, onboarding, vaultHost, recorded));

  async function plan(
    look: Look,
    onboarding: Onboarding,
    vaultHost: string | undefined,
    recorded: RecordFacts,
  ): Promise<OnboardingPlan> {
    const now = new Date();
    const findings = await readFindings(
      clientPorts(ports, vaultHost),
      { look, reads },
      tokenUsers,
      onboarding,
      recorded,
    );
    const endpoint = (onboarding.endpoint ?? findings.connectedRegistry?.loginServer ?? '').toLowerCase();
    const revoked = revokedToken(findings.token, recorded.clears);
    const credential = revoked ? FIRST_PASSWORD : planCredential(findings, onboarding, endpoint, now);
    const scopeMap = scopeMapState(findings, onboarding);
    const restores = scopeMap === 'other' && (await mayRestore(ports, findings, onboarding));
    // A token that does not exist is on no list: ARM deletes none that is.
    const bound = findings.token !== undefined && isBound(findings.connectedRegistry, onboarding.token);
    const { readers } = recorded;
    const hasCredential = findings.main !== undefined || recorded.clears !== undefined;
    const { access, problems: ofAccess } = await planAccess(onboarding, vaultHost, { readers, hasCredential });
    const ofProfiles = pollersOfProfiles(config.profileBook, onboarding);
    const { poller, problems: ofPoller } = planPoller(onboarding, { readers, hasCredential, ofProfiles });
    const found: Omit<OnboardingPlan, 'writes' | 'adopts' | 'problems'> = {
      checkedAt: now.toISOString(),
      endpoint,
      sync: syncFacts(findings.connectedRegistry),
      scopeMap,
      ...(restores ? { restoresScopeMap: true } : {}),
      token: plannedToken(findings, onboarding, revoked, now),
      made: madeByUs(onboarding, findings),
      bound,
      ...(findings.main ? { mainVersion: findings.main.version } : {}),
      credential: credential ?? FIRST_PASSWORD,
      ...(access ? { access } : {}),
      ...(poller ? { poller } : {}),
      ...(revoked ? {} : plannedByHand(leftByHand(findings, onboarding, credential, now))),
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

/** Whether the scope map exists, and gives the requested rights. */
function scopeMapState({ scopeMap }: Findings, { permissions }: Onboarding): OnboardingPlan['scopeMap'] {
  if (!scopeMap) return 'absent';
  return sameActions(scopeMap.actions, toActions(permissions)) ? 'same' : 'other';
}

/** What is planned with the token. @param revoked its passwords, if the onboarding clears a revocation of it */
function plannedToken(
  findings: Findings,
  onboarding: Onboarding,
  revoked: RevokedToken | undefined,
  now: Date,
): OnboardingPlan['token'] {
  const { token } = findings;
  const hasOtherMap = token && !sameName(token.scopeMap, onboarding.scopeMap);
  return {
    exists: token !== undefined,
    ...(token?.createdAt === undefined ? {} : { createdAt: token.createdAt }),
    ...(!revoked && isAdoption(findings, onboarding) ? { isAdopted: true } : {}),
    held: heldToken(onboarding, findings, now),
    ...(hasOtherMap ? { earlierScopeMap: token.scopeMap } : {}),
    ...(revoked ? { revoked } : {}),
  };
}

/** What operators must do by hand, as the plan shows it: lists that are empty are left out. */
function plannedByHand({ texts, working }: LeftByHand): Pick<OnboardingPlan, 'byHand' | 'working'> {
  return { ...(texts.length > 0 ? { byHand: texts } : {}), ...(working.length > 0 ? { working } : {}) };
}

/**
 * Whether to restore a scope map whose rights differ: the request asks for it, and the app created the map. A map with
 * a chosen name may by now give other clients their rights, so it is not restored when others use it.
 */
async function mayRestore({ controlPlane }: Ports, findings: Findings, onboarding: Onboarding): Promise<boolean> {
  const { registry, scopeMap, token } = onboarding;
  if (!onboarding.restoreScopeMap || !isOursToRestore(findings, onboarding)) return false;
  if (isNamedByRights(findings, onboarding)) return true;
  const users = await controlPlane.listTokensOf(registry, scopeMap);
  return users.every((name) => sameName(name, token));
}
