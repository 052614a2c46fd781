import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import type { ArmKind } from '../resourceManager/rates.js';

/**
 * Requests to Azure Resource Manager for one client of many. The pace of a rollout and its shortest time both follow from
 * these numbers.
 *
 * An onboarding creates a token and generates a password; a rotation generates one; an offboarding disables and deletes the
 * token. Fifty clients share one write of the client list; clients with equal rights share a scope map.
 */
export const REQUESTS_OF_KIND: Readonly<Record<RolloutKind, Readonly<Record<ArmKind, number>>>> = {
  onboard: { reads: 3, writes: 2.02, deletes: 0 },
  rotate: { reads: 3, writes: 1, deletes: 0 },
  offboard: { reads: 3, writes: 1.02, deletes: 1 },
  check: { reads: 1, writes: 0, deletes: 0 },
};
