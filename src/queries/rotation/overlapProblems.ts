import type { Config } from '../../settings/config.js';
import type { Problem } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { lifeMarks } from '../../domain/rotation/rotationPolicy.js';

interface Lifetime {
  /** Undefined: unknown. */
  readonly worstWaySeconds: number | undefined;
  readonly credentialLifetimeDays: number;
}

/**
 * Whether a credential's life and the overlap of two fit the pace at which news reaches this connected registry. Where that
 * pace is unknown nothing is concluded from it here; `aboutUnreadableSchedules` says so.
 */
export function aboutOverlap(
  { worstWaySeconds, credentialLifetimeDays }: Lifetime,
  { limits, rotation }: Pick<Config, 'limits' | 'rotation'>,
  { connectedRegistry }: ClientReference,
): Problem[] {
  const problems: Problem[] = [];
  if (worstWaySeconds === undefined) return problems;
  const least = worstWaySeconds + limits.passwordReplicationSeconds;
  if (limits.overlapSeconds < least)
    problems.push({
      code: 'overlap-too-short',
      field: 'connectedRegistry',
      message: `News takes up to ${least} s to reach ${connectedRegistry}; two passwords overlap for ${limits.overlapSeconds} s only.`,
      fix: `Raise the setting OVERLAP_SECONDS to ${least} at least, or have ${connectedRegistry} sync more often.`,
    });
  const life = credentialLifetimeDays * 86_400;
  const { dueAfter } = lifeMarks(life, rotation);
  if (life - dueAfter < 2 * worstWaySeconds)
    problems.push({
      code: 'lifetime-too-short',
      field: 'credentialLifetimeDays',
      message: `A credential of ${credentialLifetimeDays} days is rotated ${Math.floor(life - dueAfter)} s before its end; ${connectedRegistry} needs up to ${worstWaySeconds} s for each of the two syncs until the new one is proven.`,
      fix: 'Ask for a longer life, or rotate earlier (the setting ROTATE_AFTER).',
    });
  return problems;
}
