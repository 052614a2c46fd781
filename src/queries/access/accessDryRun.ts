import type { DryRunAnswer, PlannedWrite } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { HeldAccess } from '../../domain/access/heldAccess.js';
import { othersAccess } from '../../domain/access/plannedAccess.js';

/** Steps of an offboarding that follow. */
const AFTER = ['removeScopeMap', 'retireSecret'];

/** A dry run of a revocation or an offboarding, with the read access that the run would take back. */
export function withAccess(
  dryRun: DryRunAnswer,
  step: 'disable' | 'withdrawAccess',
  reference: ClientReference,
  access: HeldAccess | undefined,
): DryRunAnswer {
  if (access === undefined) return dryRun;
  const { client } = reference;
  const writes = access.grants.flatMap(({ principalId, made }) =>
    made.map((secret): PlannedWrite => ({
      step,
      action: `take read access of ${principalId} to secret`,
      resource: secret,
      client,
    })),
  );
  // An offboarding takes it back before it looks at scope maps and secrets, a revocation when all else is disabled.
  const next = step === 'disable' ? -1 : dryRun.writes.findIndex((one) => AFTER.includes(one.step));
  const before = next < 0 ? dryRun.writes : dryRun.writes.slice(0, next);
  return {
    ...dryRun,
    writes: [...before, ...writes, ...dryRun.writes.slice(before.length)],
    adopts: [...dryRun.adopts, ...othersAccess(access, reference)],
  };
}
