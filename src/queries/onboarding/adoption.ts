import { FIX_COMMANDS } from '../../domain/check/fixCommands.js';
import type { Problem } from '../../domain/operations/operation.js';
import type { CredentialPlan } from '../../domain/onboarding/plan.js';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { actionsCoverAll, toActions } from '@connected-registry/protocol/names/permissions';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { isLive, SLOT_NAMES, type FilledSlot, type SlotName } from '@connected-registry/protocol/registry/slots';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { Findings } from './findings.js';
import { listed, slotIs } from './passwordsInUse.js';

/*
 * What adopting a token takes care of: devices may be using the passwords that it has
 * (docs/decisions/0056-adoption.md).
 */

/**
 * Whether a token is still that of those who made it: it belongs to no client, or an earlier adoption has not come to a
 * credential that is in use. Tags of the secrets of such a run remain, and name the token, also after its undo.
 */
export function isOfOthers({ token, ownership, main }: Pick<Findings, 'token' | 'ownership' | 'main'>): boolean {
  if (!token) return false;
  if (ownership.kind === 'nobodys') return true;
  return ownership.kind === 'own' && !ownership.isMade && !sameName(main && parseTags(main.tags)?.token, token.name);
}

/** Whether the request takes over a token of others. */
export function isAdoption(findings: Findings, { adopt }: Pick<Onboarding, 'adopt'>): boolean {
  return isOfOthers(findings) && (findings.ownership.kind === 'own' || adopt === true);
}

/** The slots whose passwords work and belong to nobody whom the app knows. */
function strangers(findings: Findings, now: Date): readonly (readonly [SlotName, FilledSlot])[] {
  const { token } = findings;
  return SLOT_NAMES.flatMap((slot) => {
    const filled = token?.slots[slot];
    const isStranger = filled && isLive(filled, now) && slotIs(findings, slot) === 'unknown';
    return isStranger ? [[slot, filled] as const] : [];
  });
}

/**
 * The problem of an adoption that would give the token other rights, which whoever uses its present passwords may need.
 */
export function aboutAdoptedRights(findings: Findings, onboarding: Onboarding, now: Date): Problem[] {
  const { token, foundScopeMap } = findings;
  if (!token || !isAdoption(findings, onboarding) || sameName(token.scopeMap, onboarding.scopeMap)) return [];
  const inUse = strangers(findings, now).map(([slot]) => slot);
  // A token whose scope map was deleted has no rights that it could lose.
  const lost = (foundScopeMap?.actions ?? []).filter((one) => !actionsCoverAll(toActions(onboarding.permissions), one));
  if (inUse.length === 0 || lost.length === 0) return [];
  return [
    {
      code: 'adoption-narrows-rights',
      field: 'repositories',
      message: `${inUse.join(' and ')} of ${token.name} may be in use, and would lose the rights of scope map ${token.scopeMap}: ${listed(lost)}.`,
      fix: `Request at least these rights, or all rights of the scope map with scopeMap: ${token.scopeMap}, which keeps it. Onboard the client with fewer rights when the passwords of before have been removed.`,
    },
  ];
}

/** What to do if both passwords of an adopted token work: nobody but their users can say which of them may go. */
export function freeSlotFix({ registry, token }: Onboarding): string {
  const [first, second] = SLOT_NAMES.map((slot) => `${slot}: ${FIX_COMMANDS.clearPassword({ registry, token, slot })}`);
  return `An adoption overwrites no password that works. Find out which of them no device uses, and remove that one, then send the request again. If it is ${first ?? ''}\nIf it is ${second ?? ''}`;
}

/** What an onboarding with a token that others made, now or earlier, leaves to be done by hand. */
export interface LeftByHand {
  /** Slots whose passwords keep working, although the app does not know who uses them. */
  readonly working: readonly SlotName[];
  /** One text each. */
  readonly texts: readonly string[];
}

/** @param credential of the onboarding; undefined if no slot is free, of which a problem tells */
export function leftByHand(
  findings: Findings,
  onboarding: Onboarding,
  credential: CredentialPlan | undefined,
  now: Date,
): LeftByHand {
  const { token, ownership, scopeMap } = findings;
  const { registry } = onboarding;
  const isMadeByOthers = ownership.kind === 'own' ? !ownership.isMade : isAdoption(findings, onboarding);
  if (!token || !credential || !isMadeByOthers) return { working: [], texts: [] };
  const taken = credential.kind === 'issue' ? credential.slot : credential.stored.slot;
  const working = strangers(findings, now).filter(([slot]) => slot !== taken);
  const texts = [
    ...working.map(([slot, { createdAt, expiresAt }]) => {
      const times = `created ${createdAt}, ${expiresAt === undefined ? 'without expiry' : `expires ${expiresAt}`}`;
      const command = FIX_COMMANDS.clearPassword({ registry, token: token.name, slot });
      return `${slot} of token ${token.name} (${times}) still works, and the app does not know who uses it. Until it is removed or expires, the credential can be rotated urgently only, which clears it. When no device uses it any more: ${command}`;
    }),
    ...(scopeMap && scopeMap.description !== SCOPE_MAP_MARK
      ? [
          `scope map ${scopeMap.name} was made by others, and stays as it is: whoever changes it changes what the client may do`,
        ]
      : []),
  ];
  return { working: working.map(([slot]) => slot), texts };
}
