import type { Config } from '../config.js';
import type { Ports } from '../ports/ports.js';
import type { Queries } from '../queries/queries.js';
import { auditSweepEnd } from './auditSweepEnd.js';
import { announcePromotion } from './announcePromotion.js';
import { checkBinding } from './checkBinding.js';
import { checkActivities } from './checkClients.js';
import { checkCredential } from './checkCredential.js';
import { findAccess } from './findAccess.js';
import { findNearClients } from './findNearClients.js';
import { ensureScopeMap } from './ensureScopeMap.js';
import { ensureToken } from './ensureToken.js';
import { issueCredentials } from './issueCredentials.js';
import { isSwept, type SweepSettings } from './isSwept.js';
import { planRotation } from './planRotation.js';
import { planOffboarding } from './planOffboarding.js';
import { preflight } from './preflight.js';
import { promote } from './promote.js';
import { alertRotationFailed, alertRotationsStopped } from './raiseAlert.js';
import { readSync } from './readSync.js';
import { recordVerification } from './recordVerification.js';
import { disableSecrets, retireSecret } from './retireSecrets.js';
import { clearPasswords, deleteToken } from './takeTokenAway.js';
import { disableTokens, enableToken } from './tokenStatus.js';
import { requestPullCheck } from './requestPullCheck.js';
import { revokeOldPasswords } from './revokeOldPasswords.js';
import {
  clearSlot,
  keepCandidate,
  removeToken,
  restoreTokenScopeMap,
  retireCandidate,
  retirePromoted,
} from './undo.js';

/**
 * Every activity by the name under which it is registered. Orchestrations import this function's type only.
 * Each takes one object, ends in a StepOutcome and never throws; any of them may run twice.
 */
export function createActivities(ports: Ports, queries: Queries, config: Pick<Config, 'reportKeys'> & SweepSettings) {
  return {
    preflight: preflight(queries),
    ensureScopeMap: ensureScopeMap(ports),
    ensureToken: ensureToken(ports),
    issueCredentials: issueCredentials(ports),
    checkBinding: checkBinding(ports),
    checkCredential: checkCredential(ports),
    readSync: readSync(ports),
    requestPullCheck: requestPullCheck(ports, config.reportKeys),
    promote: promote(ports),
    recordVerification: recordVerification(ports),
    announcePromotion: announcePromotion(ports, config.reportKeys),
    planRotation: planRotation(queries),
    revokeOldPasswords: revokeOldPasswords(ports),
    alertRotationFailed: alertRotationFailed(ports),
    alertRotationsStopped: alertRotationsStopped(ports),
    auditSweepEnd,
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
