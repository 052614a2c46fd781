import { sameName } from '@connected-registry/protocol/names/sameName';
import { assignmentName } from '../../domain/access/assignmentName.js';
import type { GrantedSecrets } from '../../domain/access/heldAccess.js';
import type { Ports } from '../../ports/ports.js';
import { armPrincipals } from '../../settings/armIdentities.js';
import type { Config } from '../../settings/config.js';

/** Who made an assignment. `creator-unknown`: the service does not say it, or the app's own object id is unknown. */
export type AssignmentMaker = 'absent' | 'ours' | 'foreign' | 'creator-unknown';

/**
 * Reads who made the assignment that a client's record names. The record is written before the action, so it may name
 * what was never made, and a deployment may have made it since under the same name. @throws ServiceError
 */
export type ReadAssignmentMaker = (
  grant: Pick<GrantedSecrets, 'principalId' | 'vault'>,
  secret: string,
) => Promise<AssignmentMaker>;

/** Creates the reader. */
export function createAssignmentMaker(
  { access, self }: Pick<Ports, 'access' | 'self'>,
  config: Pick<Config, 'arm' | 'identity'>,
): ReadAssignmentMaker {
  const [own] = armPrincipals(config);

  return async ({ principalId, vault }, secret) => {
    const found = await access.findAssignment(vault, { name: assignmentName(vault, secret, principalId), secret });
    if (found === undefined) return 'absent';
    const [first, ...others] = await self.namesOf(own);
    // The client id comes first, once or twice, and the object id last.
    const objectId = others.findLast((name) => name !== first);
    if (found.createdBy === undefined || objectId === undefined) return 'creator-unknown';
    return sameName(found.createdBy, objectId) ? 'ours' : 'foreign';
  };
}
