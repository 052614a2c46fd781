import { SLOT_NAMES, type SlotName } from '@connected-registry/protocol/registry/slots';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

export interface EnableTokenInput {
  readonly registry: string;
  readonly token: string;
  /** When each of the passwords that must never work again was made (ISO 8601). */
  readonly passwords: readonly string[];
}

/**
 * Enables a token that a revocation disabled, and in the same write empties its slots: whoever stole the device has those
 * passwords. A repetition that finds it enabled leaves alone what was generated since. One that finds it disabled, with
 * passwords that are newer than the revocation, comes late: a later revocation is not undone by it.
 */
export function enableToken({ controlPlane }: Ports) {
  return ({ registry, token, passwords }: EnableTokenInput): Promise<StepOutcome<object>> =>
    outcomeOf(async () => {
      const found = await controlPlane.getToken(registry, token);
      if (!found) return failed('token-changed', `token ${token} was deleted while this run was under way`);
      const isOld = (slot: SlotName): boolean => passwords.includes(found.slots[slot]?.createdAt ?? '');
      const filled = SLOT_NAMES.filter((slot) => found.slots[slot] !== undefined);
      if (found.isEnabled && !filled.some(isOld)) return done({});
      if (!found.isEnabled && filled.some((slot) => !isOld(slot)))
        return failed('token-changed', `token ${token} was given a password, and disabled again, meanwhile`);
      await controlPlane.enableToken(registry, token, found.isEnabled ? filled.filter((slot) => !isOld(slot)) : []);
      return done({});
    });
}

export interface DisableTokensInput {
  readonly registry: string;
  readonly tokens: readonly string[];
}

/** Disables those of the tokens that are there and enabled, with one write each. Tells which these were. */
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
