import { sameName } from '@connected-registry/protocol/names/sameName';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { chooseSlot, isLive, isSamePassword, type KnownSlot } from '@connected-registry/protocol/registry/slots';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { Revocation } from '../../domain/clients/clientRecord.js';
import type { CredentialPlan, RevokedToken, StoredCredential } from '../../domain/onboarding/plan.js';
import type { TokenFacts } from '../../ports/registryControlPlane.js';
import type { SecretFacts } from '../../ports/secretVault.js';
import { isOfOthers } from './adoption.js';
import type { Findings } from './findings.js';

/** The plan for a token without passwords, for example one whose passwords the run clears. */
export const FIRST_PASSWORD: CredentialPlan = { kind: 'issue', slot: 'password1', replacesLivePassword: false };

/**
 * Gives the passwords of a token that the revocation disabled. This includes a token that somebody has enabled since,
 * because an old password may work.
 */
export function revokedToken(token: TokenFacts | undefined, clears: Revocation | undefined): RevokedToken | undefined {
  if (!token || !clears?.disabled.includes(token.name.toLowerCase())) return undefined;
  const passwords = Object.values(token.slots).map(({ createdAt }) => createdAt);
  return token.isEnabled && passwords.length === 0 ? undefined : { passwords };
}

/** Plans the credential; undefined when both slots hold working passwords that the app must not replace. */
export function planCredential(
  findings: Findings,
  onboarding: Onboarding,
  endpoint: string,
  now: Date,
): CredentialPlan | undefined {
  const { token, main, candidate } = findings;
  const stored = token && main && fittingCredential(main, token, endpoint, now);
  if (stored) return { kind: 'keep', stored };
  // Whose the passwords of an adopted token are nobody knows: none that works is replaced, whatever the request allows.
  const replaceSlot = isOfOthers(findings) ? undefined : onboarding.replaceSlot;
  const choice = chooseSlot(token?.slots ?? {}, now, unpromoted(candidate, main), replaceSlot);
  if (choice.kind === 'allLive') return undefined;
  const earlier = token?.slots[choice.slot]?.createdAt;
  return {
    kind: 'issue',
    slot: choice.slot,
    replacesLivePassword: choice.replaces,
    ...(earlier === undefined ? {} : { earlierPassword: earlier }),
  };
}

/** Gives the main secret's credential if it is valid, and is for the token's current password and this endpoint. */
function fittingCredential(
  main: SecretFacts,
  token: TokenFacts,
  endpoint: string,
  now: Date,
): StoredCredential | undefined {
  const tags = parseTags(main.tags);
  if (!tags || !sameName(tags.token, token.name)) return undefined;
  // A disabled token is reported as a problem of its own: the password in the vault is still the token's.
  const fits =
    new Date(tags.expiresOn) > now &&
    isLive(token.slots[tags.slot], now) &&
    isSamePassword(token.slots, { slot: tags.slot, createdAt: tags.issued.slotCreatedAt }) &&
    main.endpoints.includes(endpoint);
  if (!fits) return undefined;
  return {
    name: main.name,
    version: main.version,
    slot: tags.slot,
    expiresOn: tags.expiresOn,
    ...(tags.pull ? { pull: tags.pull } : {}),
  };
}

/** Gives the password that an earlier run generated and never promoted: nobody uses it. */
function unpromoted(candidate: SecretFacts | undefined, main: SecretFacts | undefined): KnownSlot[] {
  const tags = candidate && parseTags(candidate.tags);
  if (!tags) return [];
  // A run may have crashed between promoting and disabling its candidate: that password is in use.
  const promoted = main && parseTags(main.tags)?.issued;
  if (promoted?.run === tags.issued.run && promoted.attempt === tags.issued.attempt) return [];
  return [{ slot: tags.slot, createdAt: tags.issued.slotCreatedAt }];
}
