import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { done, failed, retryLater, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { savedCredentials } from '../credentials/laterRun.js';

interface EnsureTokenInput extends InVault {
  readonly registry: string;
  readonly token: string;
  readonly scopeMap: string;
  /** Scope map of the existing token at preflight. Another map now means that somebody else changed it. */
  readonly earlierScopeMap?: string;
  /** For a token that is moved: its client, and the time of the plan (ISO 8601), to recognise a late repetition. */
  readonly move?: { readonly reference: ClientReference; readonly checkedAt: string };
  /** Present if preflight found the token, with its creation time (ISO 8601), which must be unchanged. */
  readonly found?: { readonly createdAt?: string };
  /**
   * For a token that is adopted: the slot that the run is about to fill, with the creation time (ISO 8601) of the
   * expired password in it. Another password in it is somebody else's, and perhaps in use.
   */
  readonly fills?: { readonly slot: SlotName; readonly earlier?: string };
}

/** Seconds between reads of a token that took longer to create than the service named. */
const LOOK_AGAIN_SECONDS = 2;

/**
 * Creates a missing token, or moves an existing one to the scope map. It never sends a PUT for an existing token, which
 * would delete its passwords, and never enables a token that somebody disabled. It refuses a token that replaced the
 * one found at preflight, and an adopted one of which somebody has filled the slot that this run chose. A late
 * repetition does not move a token to which a later run gave another scope map.
 */
export function ensureToken({ controlPlane, vaults }: Ports) {
  return (input: EnsureTokenInput): Promise<StepOutcome<{ readonly created: boolean }>> =>
    outcomeOf(async () => {
      const { registry, token, scopeMap, earlierScopeMap, found: seen, move, fills } = input;
      const found = await controlPlane.getToken(registry, token);
      if (!found) {
        if (seen) return failed('token-changed', `token ${token} was deleted during this run`);
        const { readyInSeconds } = await controlPlane.createToken(registry, token, scopeMap);
        return readyInSeconds === undefined ? done({ created: true }) : beingCreated(token, readyInSeconds);
      }
      if (found.isEnabled === false) return failed('token-disabled', `token ${token} was disabled during this run`);
      if (seen && seen.createdAt !== found.createdAt)
        return failed('token-changed', `token ${token} was deleted and created again during this run`);
      // A token that an earlier try of this step created has no password yet.
      if (!seen && Object.keys(found.slots).length > 0)
        return failed('token-changed', `token ${token} was created by somebody else during this run`);
      if (fills && found.slots[fills.slot]?.createdAt !== fills.earlier)
        return failed('token-changed', `somebody else filled ${fills.slot} of token ${token} during this run`);
      if (found.isBeingCreated) return beingCreated(token, LOOK_AGAIN_SECONDS);
      if (sameName(scopeMap, found.scopeMap)) return done({ created: false });
      if (!sameName(earlierScopeMap, found.scopeMap))
        return failed('token-changed', `somebody else gave token ${token} scope map ${found.scopeMap} during this run`);
      if (move && (await hasSucceededSince(input.vaultHost, move)))
        return failed('token-changed', `a later run succeeded and gave token ${token} scope map ${found.scopeMap}`);
      await controlPlane.setTokenScopeMap(registry, token, scopeMap);
      return done({ created: false });
    });

  /**
   * Whether a run has succeeded since the plan. Every run that succeeds records the time of its pull in the main
   * secret's tags.
   */
  async function hasSucceededSince(
    vaultHost: string | undefined,
    { reference, checkedAt }: NonNullable<EnsureTokenInput['move']>,
  ): Promise<boolean> {
    const known = await savedCredentials(vaults.of(vaultHost), reference);
    return known.some(({ pull }) => pull !== undefined && new Date(pull.verifiedAt) > new Date(checkedAt));
  }
}

/** The wait is the flow's: an activity that waited would keep others from running. */
function beingCreated(token: string, seconds: number): StepOutcome<never> {
  return retryLater(`Azure is creating token ${token}`, seconds);
}
