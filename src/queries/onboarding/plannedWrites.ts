import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { assignmentText } from '../../domain/access/plannedAccess.js';
import type { OnboardingPlan, PlannedWrite } from '../../domain/onboarding/plan.js';
import { pollerText } from '../../domain/polling/plannedPoller.js';

type Facts = Pick<
  OnboardingPlan,
  'scopeMap' | 'restoresScopeMap' | 'token' | 'bound' | 'credential' | 'access' | 'poller'
>;

/** Lists the writes of an onboarding, in order, and the existing resources that it uses unchanged. */
export function plannedWrites(facts: Facts, onboarding: Onboarding): { writes: PlannedWrite[]; adopts: string[] } {
  const { scopeMap, token, connectedRegistry } = onboarding;
  const writes: PlannedWrite[] = [];
  const adopts: string[] = [];
  const write = (step: string, action: string, resource: string) => writes.push({ step, action, resource });

  if (facts.poller) write('setPoller', pollerText(facts.poller), onboarding.client);
  if (facts.scopeMap === 'absent') write('ensureScopeMap', 'create scope map', scopeMap);
  else if (facts.restoresScopeMap) write('ensureScopeMap', 'restore the rights of scope map', scopeMap);
  else adopts.push(`scope map ${scopeMap}`);

  const { exists, earlierScopeMap, revoked, isAdopted = false } = facts.token;
  const adopted = isAdopted ? 'token that others made' : 'token';
  if (!exists) write('ensureToken', 'create token', token);
  if (revoked) write('enableToken', 'enable token and empty its passwords, which clears the revocation', token);
  if (earlierScopeMap !== undefined)
    write('ensureToken', `move ${adopted} from scope map ${earlierScopeMap} to ${scopeMap}`, token);
  if (isAdopted)
    adopts.push(`token ${token}, which others made${onboarding.adopt === true ? ', as asked by adopt' : ''}`);
  else if (exists && earlierScopeMap === undefined && !revoked) adopts.push(`token ${token}`);

  const { access } = facts;
  if (access) {
    const { principalId, missing, foreign } = access;
    for (const secret of missing) write('grantAccess', `give ${principalId} read access to secret`, secret);
    adopts.push(...foreign.map((secret) => `${assignmentText(secret, principalId)}, which others gave`));
  }

  if (facts.credential.kind === 'issue') {
    const { slot, replacesLivePassword } = facts.credential;
    const replacing = replacesLivePassword ? ', replacing a password that still works' : '';
    write('issueCredentials', `generate ${slot}${replacing}`, token);
    write('issueCredentials', 'save secret', candidateSecretName(onboarding));
  } else adopts.push(`secret ${mainSecretName(onboarding)}`);

  if (!facts.bound) write('bind', `add client token ${token}`, connectedRegistry);
  else adopts.push(`binding of ${token} to ${connectedRegistry}`);

  if (facts.credential.kind === 'issue') {
    write('promote', 'save secret', mainSecretName(onboarding));
    write('promote', 'disable secret', candidateSecretName(onboarding));
  } else if (writes.length > 0 || onboarding.recheck)
    write('recordVerification', 'record the new pull check on secret', mainSecretName(onboarding));
  for (const { principalId, made } of access ? access.former : [])
    for (const secret of made) write('removeFormerAccess', `take read access of ${principalId} to secret`, secret);
  return { writes, adopts };
}
