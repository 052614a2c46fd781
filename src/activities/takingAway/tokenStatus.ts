import { SLOT_NAMES, type SlotName } from '@connected-registry/protocol/registry/slots';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

interface EnableTokenInput {
  readonly registry: string;
  readonly token: string;
  /** Creation times of the passwords that must never work again (ISO 8601). */
  readonly passwords: readonly string[];
}

/**
 * Enables a token that a revocation disabled, and clears its slots in the same write: a thief of the device has those
 * passwords. A repetition that finds it enabled keeps newer passwords. A repetition that finds it disabled with newer
 * passwords is late and fails, so that it does not undo a later revocation.
 */
export function enableToken({ controlPlane }: Ports) {
  return ({ registry, token, passwords }: EnableTokenInput): Promise<StepOutcome<object>> =>
    outcomeOf(async () => {
      const found = await controlPlane.getToken(registry, token);
      if (!found) return failed('token-changed', `token ${token} was deleted during this run`);
      const isOld = (slot: SlotName): boolean => passwords.includes(found.slots[slot]?.createdAt ?? '');
      const filled = SLOT_NAMES.filter((slot) => found.slots[slot] !== undefined);
      if (found.isEnabled && !filled.some(isOld)) return done({});
      if (!found.isEnabled && filled.some((slot) => !isOld(slot)))
        return failed('token-changed', `token ${token} was given a password and disabled again during this run`);
      await controlPlane.enableToken(registry, token, found.isEnabled ? filled.filter((slot) => !isOld(slot)) : []);
      return done({});
    });
}

interface DisableTokensInput {
  readonly registry: string;
  readonly tokens: readonly string[];
}

/** Disables the tokens that exist and are enabled, with one write each. `disabled`: their names. */
export function disableTokens({ controlPlane }: Ports) {
  return ({ registry, tokens }: DisableTokensInput): Promise<StepOutcome<{ readonly disabled: readonly string[] }>> =>
    outcomeOf(async () => {
      const disabled: string[] = [];
      for (const token of tokens) {
        const found = await controlPlane.getToken(registry, token);
        if (!found || found.isEnabled === false) continue;
        await controlPlane.disableToken(registry, token);
        disabled.push(token);
      }
      return done({ disabled });
    });
}
