import { SLOT_NAMES } from '@connected-registry/protocol/registry/slots';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { deleteUnlessBound, type BoundToken } from '../undo/deleteUnlessBound.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

export interface DeleteTokenInput extends BoundToken {
  /** When the token that was looked at was made (ISO 8601); another one of that name is somebody else's. */
  readonly createdAt?: string;
}

export interface DeletedToken {
  readonly removed: boolean;
  /** Not removed, since the client list holds it: to be unbound once more. */
  readonly isBound?: boolean;
  readonly kept?: string;
}

/** Disables and deletes a token of ours. Disabled first: should the deletion fail, it is of no use. */
export function deleteToken({ controlPlane }: Ports) {
  return ({ createdAt, ...bound }: DeleteTokenInput): Promise<StepOutcome<DeletedToken>> =>
    outcomeOf(async () => {
      const { registry, token } = bound;
      const found = await controlPlane.getToken(registry, token);
      if (!found) return done({ removed: true });
      if (found.createdAt !== createdAt) return done({ removed: false, kept: `token ${token}: it was made anew` });
      if (found.isEnabled !== false) await controlPlane.disableToken(registry, token);
      const removed = await deleteUnlessBound({ controlPlane }, bound);
      return done({ removed, ...(removed ? {} : { isBound: true }) });
    });
}

export interface ClearPasswordsInput {
  readonly registry: string;
  readonly token: string;
  /** When each of the passwords was made (ISO 8601). */
  readonly passwords: readonly string[];
}

/** Empties those slots of a token that is not ours which still hold our passwords. Tells whether any did. */
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
