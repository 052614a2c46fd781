import type { Config } from '../settings/config.js';
import type { Ports } from '../ports/ports.js';
import type { Queries } from '../queries/queries.js';
import { alertRolloutCompleted, alertRolloutPaused } from './rollouts/alertRollout.js';
import { auditRolloutEnd } from './rollouts/auditRolloutEnd.js';
import { auditProfileEnd } from './starting/auditProfileEnd.js';
import { auditSweepEnd } from './rotation/auditSweepEnd.js';
import { grantAccess } from './access/grantAccess.js';
import { withdrawAccess } from './access/withdrawAccess.js';
import { announcePromotion } from './credentials/announcePromotion.js';
import { checkBinding } from './onboarding/checkBinding.js';
import { checkActivities } from './runs/checkClients.js';
import { checkCredential } from './credentials/checkCredential.js';
import { findAccess } from './takingAway/findAccess.js';
import { findNearClients } from './takingAway/findNearClients.js';
import { ensureToken } from './onboarding/ensureToken.js';
import { issueCredentials } from './credentials/issueCredentials.js';
import { isSwept, type SweepSettings } from './rotation/isSwept.js';
import { planRotation } from './rotation/planRotation.js';
import { planOffboarding } from './takingAway/planOffboarding.js';
import { preflight } from './onboarding/preflight.js';
import { promote } from './credentials/promote.js';
import { alertRotationFailed, alertRotationsStopped } from './rotation/raiseAlert.js';
import { readHubKeys } from './credentials/readHubKeys.js';
import { readSync } from './credentials/readSync.js';
import { recordVerification } from './onboarding/recordVerification.js';
import { disableSecrets, retireSecret } from './takingAway/retireSecrets.js';
import { clearPasswords, deleteToken } from './takingAway/takeTokenAway.js';
import { disableTokens, enableToken } from './takingAway/tokenStatus.js';
import { requestPullCheck } from './credentials/requestPullCheck.js';
import { revokeOldPasswords } from './rotation/revokeOldPasswords.js';
import { clearSlot } from './undo/clearSlot.js';
import { keepCandidate } from './undo/keepCandidate.js';
import { removeToken } from './undo/removeToken.js';
import { restoreTokenScopeMap } from './undo/restoreTokenScopeMap.js';
import { retireCandidate } from './undo/retireCandidate.js';
import { retirePromoted } from './undo/retirePromoted.js';

/**
 * Every activity by the name under which it is registered. Orchestrations import this function's type only.
 * Each takes one object, ends in a StepOutcome and never throws; any of them may run twice.
 */
export function createActivities(
  ports: Ports,
  queries: Queries,
  config: Pick<Config, 'reportKeys' | 'vaults' | 'arm' | 'identity'> & SweepSettings,
) {
  return {
    preflight: preflight(queries),
    ensureToken: ensureToken(ports),
    grantAccess: grantAccess(ports),
    withdrawAccess: withdrawAccess(ports, config),
    issueCredentials: issueCredentials(ports),
    checkBinding: checkBinding(queries.reads),
    checkCredential: checkCredential(ports),
    readSync: readSync(queries.reads),
    readHubKeys: readHubKeys(ports),
    requestPullCheck: requestPullCheck(ports, config.reportKeys),
    promote: promote(ports, queries.reads),
    recordVerification: recordVerification(ports),
    announcePromotion: announcePromotion(ports, config.reportKeys),
    planRotation: planRotation(queries),
    revokeOldPasswords: revokeOldPasswords(ports),
    alertRotationFailed: alertRotationFailed(ports),
    alertRotationsStopped: alertRotationsStopped(ports),
    auditSweepEnd,
    alertRolloutPaused: alertRolloutPaused(ports),
    alertRolloutCompleted: alertRolloutCompleted(ports),
    auditRolloutEnd,
    auditProfileEnd,
    isSwept: isSwept(ports, config),
    retireCandidate: retireCandidate(ports),
    retirePromoted: retirePromoted(ports),
    clearSlot: clearSlot(ports),
    keepCandidate: keepCandidate(ports),
    restoreTokenScopeMap: restoreTokenScopeMap(ports),
    removeToken: removeToken(ports),
    enableToken: enableToken(ports),
    disableTokens: disableTokens(ports),
    disableSecrets: disableSecrets(ports),
    findAccess: findAccess(ports, queries),
    findNearClients: findNearClients(queries),
    planOffboarding: planOffboarding(queries),
    deleteToken: deleteToken(ports),
    clearPasswords: clearPasswords(ports),
    retireSecret: retireSecret(ports),
    ...checkActivities(ports, queries),
  };
}
export type Activities = ReturnType<typeof createActivities>;
