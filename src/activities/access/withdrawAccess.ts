import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { assignmentName } from '../../domain/access/assignmentName.js';
import { endingGrants, isEnding, type EndingSecrets } from '../../domain/access/heldAccess.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import type { UnreachedAccess, WithdrawnAccess } from '../../domain/access/withdrawnAccess.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import type { Runs } from '../../ports/runs.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { createAssignmentMaker } from '../../queries/access/assignmentMaker.js';
import type { Config } from '../../settings/config.js';

interface WithdrawAccessInput extends InVault {
  readonly reference: ClientReference;
}

/** What became of one assignment. */
type Fate = 'removed' | 'foreign' | 'not-ending' | UnreachedAccess['reason'];

/**
 * Deletes the role assignments that the client's record marks for removal, and that this app made. The record is read
 * before each deletion: a late repetition leaves alone what a later run has made, but for the one request that it may
 * have under way. The record also names assignments that were never made, and a deployment may have made them since
 * under the same names; therefore the assignment itself says who made it.
 */
export function withdrawAccess(
  { access, self }: Pick<Ports, 'access' | 'self'>,
  config: Pick<Config, 'vaults' | 'arm' | 'identity'>,
) {
  const makerOf = createAssignmentMaker({ access, self }, config);

  return ({ reference }: WithdrawAccessInput, runs?: Pick<Runs, 'record'>): Promise<StepOutcome<WithdrawnAccess>> =>
    outcomeOf(async () => {
      const record = async () => (await runs?.record(clientKey(reference)))?.access;
      const removed: EndingSecrets[] = [];
      const foreign: EndingSecrets[] = [];
      const unreached: WithdrawnAccess['unreached'][number][] = [];
      for (const { principalId, vault, made, run } of endingGrants(await record())) {
        const fates: { readonly secret: string; readonly fate: Fate }[] = [];
        for (const secret of made) {
          const isStillEnding = isEnding(await record(), { principalId, vault, secret });
          const fate = isStillEnding ? await withdraw(vault, secret, principalId) : 'not-ending';
          fates.push({ secret, fate });
        }
        const of = (wanted: Fate): EndingSecrets[] => {
          const secrets = fates.filter(({ fate }) => fate === wanted).map(({ secret }) => secret);
          return secrets.length === 0 ? [] : [{ principalId, vault, made: secrets, run }];
        };
        removed.push(...of('removed'));
        foreign.push(...of('foreign'));
        for (const reason of ['no-role', 'creator-unknown'] as const)
          unreached.push(...of(reason).map((grant) => ({ ...grant, reason })));
      }
      return done({ removed, foreign, unreached });
    });

  /** @throws ServiceError */
  async function withdraw(vault: string, secret: string, principalId: string): Promise<Fate> {
    const assignment = { name: assignmentName(vault, secret, principalId), secret };
    try {
      const maker = await makerOf({ principalId, vault }, secret);
      if (maker === 'absent') return 'removed';
      if (maker !== 'ours') return maker;
      await access.deleteAssignment(vault, assignment);
      return 'removed';
    } catch (error) {
      // The app may have lost its role on a vault that the settings named before. A repetition would fail for ever.
      const isFormer = !config.vaults.some(({ resourceId }) => sameName(resourceId, vault));
      if (isFormer && error instanceof ServiceError && error.kind === 'forbidden') return 'no-role';
      throw error;
    }
  }
}
