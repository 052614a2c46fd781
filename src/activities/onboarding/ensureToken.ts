import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { savedCredentials } from '../credentials/laterRun.js';

export interface EnsureTokenInput {
  readonly registry: string;
  readonly token: string;
  readonly scopeMap: string;
  /** The map that a token found at preflight had; another one by now is somebody else's doing. */
  readonly earlierScopeMap?: string;
  /** Of a token that is moved: whose it is, and when the plan was made (ISO 8601), so that one who comes late can tell. */
  readonly move?: { readonly reference: ClientReference; readonly checkedAt: string };
  /** Present when preflight has found the token, with the time when it was made (ISO 8601): by now it must be the same. */
  readonly found?: { readonly createdAt?: string };
}

/**
 * Makes a missing token, or moves an existing one to the scope map. Never a PUT on one that exists (it would wipe its
 * passwords), and never a status: enabling a token that somebody disabled is not an onboarding's business. What somebody
 * has put in the place of what preflight saw is not taken. A repetition that comes late does not move a token that a later
 * run has given other rights.
 */
export function ensureToken({ controlPlane, vault }: Ports) {
  return (input: EnsureTokenInput): Promise<StepOutcome<{ readonly created: boolean }>> =>
    outcomeOf(async () => {
      const { registry, token, scopeMap, earlierScopeMap, found: seen, move } = input;
      const found = await controlPlane.getToken(registry, token);
      if (!found) {
        if (seen) return failed('token-changed', `token ${token} was deleted while this run was under way`);
        await controlPlane.createToken(registry, token, scopeMap);
        return done({ created: true });
      }
      if (found.isEnabled === false)
        return failed('token-disabled', `token ${token} was disabled while this run was under way`);
      const present = found.scopeMap.toLowerCase();
      if (seen && seen.createdAt !== found.createdAt)
        return failed('token-changed', `token ${token} was deleted and made anew while this run was under way`);
      // What an earlier try of this very step has made has no password yet.
      if (!seen && Object.keys(found.slots).length > 0)
        return failed('token-changed', `token ${token} was made by somebody else while this run was under way`);
      if (present === scopeMap.toLowerCase()) return done({ created: false });
      if (present !== earlierScopeMap?.toLowerCase())
        return failed('token-changed', `token ${token} was given scope map ${found.scopeMap} by somebody else`);
      if (move && (await isProvenSince(move)))
        return failed(
          'token-changed',
          `token ${token}: a run has ended well since, and gave it scope map ${found.scopeMap}`,
        );
      await controlPlane.setTokenScopeMap(registry, token, scopeMap);
      return done({ created: false });
    });

  /** Every run that ends well leaves the time of its pull at the main secret. */
  async function isProvenSince({ reference, checkedAt }: NonNullable<EnsureTokenInput['move']>): Promise<boolean> {
    const known = await savedCredentials(vault, reference);
    return known.some(({ pull }) => pull !== undefined && new Date(pull.verifiedAt) > new Date(checkedAt));
  }
}
