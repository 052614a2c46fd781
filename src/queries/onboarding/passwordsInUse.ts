import { isSamePassword, type KnownSlot, type SlotName } from '@connected-registry/protocol/registry/slots';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Findings } from './findings.js';

/** Whose a token's password is, by the secrets of the client. */
export type PasswordOwner = 'current' | 'previous' | 'unknown';

/** Whether a secret of the client explains the password in a slot, or it is unknown. */
export function slotIs({ token, main, known }: Findings, slot: SlotName): PasswordOwner {
  const isIn = (candidate: KnownSlot | undefined): boolean =>
    candidate?.slot === slot && isSamePassword(token?.slots ?? {}, candidate);
  const ofToken = known.filter((tags) => sameName(token?.name, tags.token));
  if (main && ofToken.some(({ slot: its, issued }) => isIn({ slot: its, createdAt: issued.slotCreatedAt })))
    return 'current';
  return ofToken.some(({ revokeOld }) => isIn(revokeOld)) ? 'previous' : 'unknown';
}

/** Shortens a list for an answer: the first ten items, and the number of the others. */
export function listed(actions: readonly string[]): string {
  const shown = [...actions].sort().slice(0, 10).join(', ') || 'nothing';
  return actions.length > 10 ? `${shown} and ${actions.length - 10} more` : shown;
}
