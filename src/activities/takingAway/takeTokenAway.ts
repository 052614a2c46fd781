import { SLOT_NAMES } from '@connected-registry/protocol/registry/slots';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { deleteUnlessBound, type BoundToken } from '../undo/deleteUnlessBound.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

interface DeleteTokenInput extends BoundToken {
  /** Creation time (ISO 8601) of the token in the plan. A token with another creation time is somebody else's. */
  readonly createdAt?: string;
}

interface DeletedToken {
  readonly removed: boolean;
  /** True if it was not deleted because a client list holds it: it must be unbound again. */
  readonly isBound?: boolean;
  readonly kept?: string;
}

/**
 * Disables and deletes a token that this app created. It is disabled first, so that it is useless if the deletion
 * fails.
 */
export function deleteToken({ controlPlane }: Ports) {
  return ({ createdAt, ...bound }: DeleteTokenInput): Promise<StepOutcome<DeletedToken>> =>
    outcomeOf(async () => {
      const { registry, token } = bound;
      const found = await controlPlane.getToken(registry, token);
      if (!found) return done({ removed: true });
      if (found.createdAt !== createdAt)
        return done({ removed: false, kept: `token ${token}: kept, because it was deleted and created again` });
      if (found.isEnabled !== false) await controlPlane.disableToken(registry, token);
      const removed = await deleteUnlessBound({ controlPlane }, bound);
      return done({ removed, ...(removed ? {} : { isBound: true }) });
    });
}

interface ClearPasswordsInput {
  readonly registry: string;
  readonly token: string;
  /** Creation times of the passwords to clear (ISO 8601). */
  readonly passwords: readonly string[];
}

/** Clears this app's passwords from an adopted or shared token. `cleared`: whether any slot still held one. */
export function clearPasswords({ controlPlane }: Ports) {
  return ({ registry, token, passwords }: ClearPasswordsInput): Promise<StepOutcome<{ readonly cleared: boolean }>> =>
    outcomeOf(async () => {
      const slots = (await controlPlane.getToken(registry, token))?.slots ?? {};
      const filled = SLOT_NAMES.filter((slot) => slots[slot] !== undefined);
      const others = filled.filter((slot) => !passwords.includes(slots[slot]?.createdAt ?? ''));
      if (others.length === filled.length) return done({ cleared: false });
      await controlPlane.keepOnlySlots(registry, token, others);
      return done({ cleared: true });
    });
}
