import type { DryRunAnswer, PlannedWrite } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { GrantedSecrets, HeldAccess } from '../../domain/access/heldAccess.js';
import { othersAccess } from '../../domain/access/plannedAccess.js';
import { remainingTexts } from '../../domain/access/withdrawnAccess.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import type { AssignmentMaker, ReadAssignmentMaker } from './assignmentMaker.js';

/** Steps of an offboarding that follow. */
const AFTER = ['removeScopeMap', 'retireSecret'];

/** One recorded assignment, and what a run would find. */
interface FoundGrant {
  readonly principalId: string;
  readonly vault: string;
  readonly secret: string;
  readonly maker: AssignmentMaker | 'no-role';
}

/**
 * A dry run of a revocation or an offboarding, with the read access that the run would take back. Only what the app
 * itself has made is taken; what others made under the same name, and what the app cannot attribute, is listed as kept.
 * @throws ServiceError
 */
export async function withAccess(
  dryRun: DryRunAnswer,
  step: 'disable' | 'withdrawAccess',
  reference: ClientReference,
  access: HeldAccess | undefined,
  makerOf: ReadAssignmentMaker,
): Promise<DryRunAnswer> {
  if (access === undefined) return dryRun;
  const found = await findGrants(access, makerOf);
  const of = (wanted: FoundGrant['maker']): GrantedSecrets[] =>
    found
      .filter(({ maker }) => maker === wanted)
      .map(({ principalId, vault, secret }) => ({ principalId, vault, made: [secret] }));
  const { client } = reference;
  const writes = found
    .filter(({ maker }) => maker === 'ours')
    .map(({ principalId, secret }): PlannedWrite => ({
      step,
      action: `take read access of ${principalId} to secret`,
      resource: secret,
      client,
    }));
  const unreached = (['no-role', 'creator-unknown'] as const).flatMap((reason) =>
    of(reason).map((grant) => ({ ...grant, reason })),
  );
  // An offboarding takes it back before it looks at scope maps and secrets, a revocation when all else is disabled.
  const next = step === 'disable' ? -1 : dryRun.writes.findIndex((one) => AFTER.includes(one.step));
  const before = next < 0 ? dryRun.writes : dryRun.writes.slice(0, next);
  return {
    ...dryRun,
    writes: [...before, ...writes, ...dryRun.writes.slice(before.length)],
    adopts: [
      ...dryRun.adopts,
      ...remainingTexts({ foreign: of('foreign'), unreached }),
      ...othersAccess(access, reference),
    ],
  };
}

/** A client has two of them, unless the removal of earlier ones has failed. */
async function findGrants({ grants }: HeldAccess, makerOf: ReadAssignmentMaker): Promise<FoundGrant[]> {
  const found: FoundGrant[] = [];
  for (const grant of grants)
    for (const secret of grant.made) {
      const { principalId, vault } = grant;
      found.push({ principalId, vault, secret, maker: await orNoRole(() => makerOf(grant, secret)) });
    }
  return found;
}

/** A dry run shows all else also if the app has lost its role on a vault. */
async function orNoRole(read: () => Promise<AssignmentMaker>): Promise<FoundGrant['maker']> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ServiceError && error.kind === 'forbidden') return 'no-role';
    throw error;
  }
}
