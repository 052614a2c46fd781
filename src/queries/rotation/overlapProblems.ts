import type { Config } from '../../settings/config.js';
import type { Problem } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { lifetimeMarks } from '../../domain/rotation/rotationPolicy.js';

interface Lifetime {
  /** Undefined: unknown. */
  readonly worstPathSeconds: number | undefined;
  readonly credentialLifetimeDays: number;
}

/**
 * Checks that a credential's lifetime and the overlap of two passwords are long enough for the syncs of this connected
 * registry. When its sync times are unknown, nothing is concluded here; `aboutUnreadableSchedules` reports them.
 */
export function aboutOverlap(
  { worstPathSeconds, credentialLifetimeDays }: Lifetime,
  { limits, rotation }: Pick<Config, 'limits' | 'rotation'>,
  { connectedRegistry }: ClientReference,
): Problem[] {
  const problems: Problem[] = [];
  if (worstPathSeconds === undefined) return problems;
  const min = worstPathSeconds + limits.passwordReplicationSeconds;
  if (limits.overlapSeconds < min)
    problems.push({
      code: 'overlap-too-short',
      field: 'connectedRegistry',
      message: `A change takes up to ${min} s to reach ${connectedRegistry}; two passwords overlap for only ${limits.overlapSeconds} s.`,
      fix: `Raise the setting OVERLAP_SECONDS to at least ${min}, or have ${connectedRegistry} sync more often.`,
    });
  const life = credentialLifetimeDays * 86_400;
  const { dueAfter } = lifetimeMarks(life, rotation);
  if (life - dueAfter < 2 * worstPathSeconds)
    problems.push({
      code: 'lifetime-too-short',
      field: 'credentialLifetimeDays',
      message: `A credential of ${credentialLifetimeDays} days is rotated ${Math.floor(life - dueAfter)} s before its end; ${connectedRegistry} needs up to ${worstPathSeconds} s for each of the two syncs until the new one is proven.`,
      fix: 'Request a longer lifetime, or rotate earlier (the setting ROTATE_AFTER).',
    });
  return problems;
}
