import type { ByRing } from './e2e/harness/ring.js';

/**
 * The choice of what one of many subjects meets: in the long ring all of it, in the default ring one of `step` kinds.
 * The place of the subject in its list says from which kind on, so that `step` subjects in a row meet every kind
 * between them.
 */
export function inTurn<Kind>(kinds: readonly Kind[], place: number, step: number): ByRing<readonly Kind[]> {
  return { default: kinds.filter((_, index) => (index + place) % step === 0), long: kinds };
}
