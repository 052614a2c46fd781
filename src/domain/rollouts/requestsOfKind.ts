import { ONBOARD } from '../operations/run.js';
import type { RolloutRequest } from './rollout.js';
import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import type { ArmKind } from '../resourceManager/rates.js';

/**
 * Requests to Azure Resource Manager for one client of many. The pace of a rollout and its shortest time both follow
 * from these numbers.
 *
 * An onboarding creates a token and generates a password; a rotation generates one; an offboarding disables and deletes
 * the token. Fifty clients share one write of the client list; clients with equal rights share a scope map.
 *
 * Reads: 2.7 of an onboarding when fifty run at once (decision 42), rounded up since smaller groups share less. 5.75 of
 * an offboarding, measured in a rollout against the simulator: its plan, the disabling and the deletion each read the
 * token, and what is bound. Of a rotation, the plan reads the token and the connected registry, and the issue the token
 * again. A check reads the token.
 */
export const REQUESTS_OF_KIND: Readonly<Record<RolloutKind, Readonly<Record<ArmKind, number>>>> = {
  onboard: { reads: 3, writes: 2.02, deletes: 0 },
  rotate: { reads: 3, writes: 1, deletes: 0 },
  offboard: { reads: 5.75, writes: 1.02, deletes: 1 },
  check: { reads: 1, writes: 0, deletes: 0 },
};

/**
 * Further requests for a client whose row names its device's identity: two role assignments, and a listing before and
 * after them. They are about the vault, whose subscription may be another one, and only the app's own identity sends
 * them. What a revocation or an offboarding takes away is not counted: rows do not say whether there is anything.
 */
export const REQUESTS_OF_ACCESS: Readonly<Record<ArmKind, number>> = { reads: 2, writes: 2, deletes: 0 };

/** Whether the row's run lets a device read its secrets, if the device may not read them yet. */
export function givesAccess(kind: RolloutKind, request: RolloutRequest): boolean {
  return kind === ONBOARD && 'identity' in request && request.identity !== undefined;
}
