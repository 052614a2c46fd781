import { assignmentText } from './plannedAccess.js';
import type { EndingSecrets, GrantedSecrets } from './heldAccess.js';

/** What became of the assignments that a client's record marks for removal. */
export interface WithdrawnAccess {
  /** They are gone. */
  readonly removed: readonly EndingSecrets[];
  /** Others made these, so they stay. */
  readonly foreign: readonly EndingSecrets[];
  readonly unreached: readonly (EndingSecrets & UnreachedAccess)[];
}

/**
 * Assignments that remain, whatever this app tries.
 * - `no-role`: they are in a vault that the settings named before, and the app has no role there any more.
 * - `creator-unknown`: Resource Manager does not say who made them, or the app's own object id is unknown.
 */
export interface UnreachedAccess extends GrantedSecrets {
  readonly reason: 'no-role' | 'creator-unknown';
}

/** What remains, whoever noted it. */
interface RemainingAccess {
  readonly foreign: readonly GrantedSecrets[];
  readonly unreached: readonly UnreachedAccess[];
}

/** The reasons, and what they mean for whoever reads the answer. */
const REMAINS: Readonly<Record<UnreachedAccess['reason'], string>> = {
  'no-role': 'it remains, because this app may no longer remove role assignments there; an owner of the vault can',
  'creator-unknown': 'it remains, because it is unknown whether this app gave it',
};

/** What remains and why, for the answer to the run. */
export function remainingTexts({ foreign, unreached }: RemainingAccess): string[] {
  return [
    ...textsOf(foreign, () => 'kept, because others gave it'),
    ...unreached.flatMap((one) =>
      textsOf([one], ({ vault }) => `in vault ${vault.slice(vault.lastIndexOf('/') + 1)}, ${REMAINS[one.reason]}`),
    ),
  ];
}

function textsOf(grants: readonly GrantedSecrets[], why: (grant: GrantedSecrets) => string): string[] {
  return grants.flatMap((grant) =>
    grant.made.map((secret) => `${assignmentText(secret, grant.principalId)}: ${why(grant)}`),
  );
}
