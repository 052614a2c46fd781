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
 * Whether a credential's life and the overlap of two fit the pace at which news reaches this connected registry. Where that
 * pace is unknown nothing is concluded from it here; `aboutUnreadableSchedules` says so.
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
      message: `News takes up to ${min} s to reach ${connectedRegistry}; two passwords overlap for ${limits.overlapSeconds} s only.`,
      fix: `Raise the setting OVERLAP_SECONDS to ${min} at least, or have ${connectedRegistry} sync more often.`,
    });
  const life = credentialLifetimeDays * 86_400;
  const { dueAfter } = lifetimeMarks(life, rotation);
  if (life - dueAfter < 2 * worstPathSeconds)
    problems.push({
      code: 'lifetime-too-short',
      field: 'credentialLifetimeDays',
      message: `A credential of ${credentialLifetimeDays} days is rotated ${Math.floor(life - dueAfter)} s before its end; ${connectedRegistry} needs up to ${worstPathSeconds} s for each of the two syncs until the new one is proven.`,
      fix: 'Ask for a longer life, or rotate earlier (the setting ROTATE_AFTER).',
    });
  return problems;
}
