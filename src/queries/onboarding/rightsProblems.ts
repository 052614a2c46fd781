import type { Config } from '../../settings/config.js';
import { FIX_COMMANDS } from '../../domain/check/fixCommands.js';
import { defaultScopeMapName, SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { Problem } from '../../domain/operations/operation.js';
import { hasGatewayActions, rightsHash, toActions } from '@connected-registry/protocol/names/permissions';
import type { CredentialPlan } from '../../domain/onboarding/plan.js';
import { ofAnotherClient } from '../../domain/tokens/sharedToken.js';
import { SLOT_NAMES } from '@connected-registry/protocol/registry/slots';
import { aboutAdoptedRights, freeSlotFix, isAdoption, isOfOthers } from './adoption.js';
import type { Findings } from './findings.js';
import { listed, slotIs, type PasswordOwner } from './passwordsInUse.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Checks that a scope map of that name can be created or adopted. */
export function aboutScopeMap(
  findings: Findings,
  onboarding: Onboarding,
  config: Config,
  state: 'absent' | 'same' | 'other',
): Problem[] {
  const { scopeMap } = onboarding;
  const wanted = toActions(onboarding.permissions);
  const problems: Problem[] = [];
  const max = config.caps.permissionsPerScopeMap;
  if (wanted.length > max)
    problems.push({
      code: 'too-many-permissions',
      field: 'repositories',
      message: `The request has ${wanted.length} permissions; a scope map holds at most ${max}.`,
      fix: 'Request fewer repositories, or a wildcard such as samples/*.',
    });
  if (isConnectedRegistryName(findings, scopeMap) || hasGatewayActions(findings.scopeMap?.actions ?? []))
    problems.push({
      code: 'scope-map-reserved',
      field: 'scopeMap',
      message: `${scopeMap} belongs to a connected registry; a client must not have its rights.`,
      fix: 'Choose another name, or leave the field out.',
    });
  else if (state === 'other')
    problems.push({
      code: 'scope-map-different',
      field: 'scopeMap',
      message: `${scopeMap} exists with other rights. It has: ${listed(findings.scopeMap?.actions ?? [])}. Asked for: ${listed(wanted)}.`,
      fix: differentMapFix(findings, onboarding, wanted),
    });
  return problems;
}

/** Maximum length of a command in a fix: a longer one is unreadable, and the durable history keeps the fix. */
const MAX_COMMAND_CHARACTERS = 2000;

function differentMapFix(findings: Findings, onboarding: Onboarding, wanted: readonly string[]): string {
  const { registry, scopeMap } = onboarding;
  const mayRestore = !onboarding.restoreScopeMap && isOursToRestore(findings, onboarding);
  const other = mayRestore ? 'Onboard with restoreScopeMap: true' : 'Choose another name';
  const command = FIX_COMMANDS.changeScopeMap({ registry, scopeMap, has: findings.scopeMap?.actions ?? [], wanted });
  return command.length > MAX_COMMAND_CHARACTERS ? `${other}.` : `${other}, or: ${command}`;
}

/** Whether the map's name is derived from the requested rights: all clients that share it have these rights. */
export function isNamedByRights({ scopeMap: found }: Findings, { scopeMap, permissions }: Onboarding): boolean {
  return found?.description === SCOPE_MAP_MARK && scopeMap === defaultScopeMapName(permissions);
}

/** Whether the app created the map with exactly the requested rights, by its name or by the client's tags. */
export function isOursToRestore(findings: Findings, onboarding: Onboarding): boolean {
  const { scopeMap: found, known } = findings;
  const { scopeMap, permissions } = onboarding;
  const rights = rightsHash(toActions(permissions));
  return (
    isNamedByRights(findings, onboarding) ||
    known.some(
      ({ made, scopeMap: name }) =>
        (made.scopeMap || found?.description === SCOPE_MAP_MARK) && made.rights === rights && sameName(name, scopeMap),
    )
  );
}

/** Checks that a token of that name can be created or adopted, and has a usable slot. */
export function aboutToken(
  findings: Findings,
  onboarding: Onboarding,
  { credential, isRevoked }: { readonly credential: CredentialPlan | undefined; readonly isRevoked: boolean },
): Problem[] {
  const { registry, token, connectedRegistry } = onboarding;
  const isSyncToken = findings.slow.connectedRegistries.some((item) => sameName(item.syncToken, token));
  // The sync token of a connected registry that is not listed is recognized by its rights.
  const syncs = hasGatewayActions(findings.foundScopeMap?.actions ?? []);
  if (isSyncToken || syncs || isConnectedRegistryName(findings, token))
    return [
      {
        code: 'token-reserved',
        field: 'token',
        message: `${token} is a connected registry's name or its sync token; a client must not have it.`,
        fix: 'Choose another name, or leave the field out.',
      },
    ];
  const { ownership } = findings;
  if (ownership.kind === 'others') return [ofAnotherClient(token, ownership.users)];
  const adopts = isAdoption(findings, onboarding);
  const problems: Problem[] = [];
  if (ownership.kind === 'nobodys' && onboarding.adopt !== true)
    problems.push({
      code: 'token-not-adopted',
      field: 'token',
      message: `${token} exists, and neither the client's secrets nor its record say that it was made for this client.`,
      fix: `Leave the field token out or choose another name; or, where nobody else needs it, have an operator send adopt: true, which fills a free slot of it and gives it scope map ${onboarding.scopeMap} until the client is offboarded.`,
    });
  const elsewhere = findings.slow.connectedRegistries.find(
    (item) => !sameName(item.name, connectedRegistry) && item.clientTokens.some((name) => sameName(name, token)),
  );
  if (elsewhere)
    problems.push({
      code: 'token-bound-elsewhere',
      field: 'token',
      message: `${token} is bound to the connected registry ${elsewhere.name}.`,
      fix: `${adopts ? 'Give whoever uses it there a token of its own first; then' : 'Choose another name, or'}: ${FIX_COMMANDS.removeClientToken({ registry, connectedRegistry: elsewhere.name, token })}`,
    });
  if (findings.token?.isEnabled === false && !isRevoked)
    problems.push({
      code: 'token-disabled',
      field: 'token',
      message: `${token} exists and is disabled; onboarding never enables a token that somebody disabled.${adopts ? ' Enabled, its passwords of before work again.' : ''}`,
      fix: FIX_COMMANDS.enableToken({ registry, token }),
    });
  if (!credential)
    problems.push({
      code: 'slots-in-use',
      field: isOfOthers(findings) ? 'token' : 'replaceSlot',
      message: `Both passwords of ${token} still work: ${slotsInWords(findings)}.`,
      fix: isOfOthers(findings) ? freeSlotFix(onboarding) : slotsFix(findings),
    });
  return isRevoked ? problems : [...problems, ...aboutAdoptedRights(findings, onboarding, new Date())];
}

/** Describes each of the token's passwords: whether a secret of the client explains it, or it is unknown. */
function slotsInWords(findings: Findings): string {
  return SLOT_NAMES.map((slot) => `${slot} ${WORDS[slotIs(findings, slot)]}`).join(', ');
}

const WORDS: Readonly<Record<PasswordOwner, string>> = {
  current: "is the one in the client's secret",
  previous: "is the client's password before, which is not revoked yet",
  unknown: 'is unknown to the vault',
};

/** Suggests which password to replace: an unknown one rather than one that the client uses. */
function slotsFix(findings: Findings): string {
  const unknown = SLOT_NAMES.filter((slot) => slotIs(findings, slot) === 'unknown');
  if (unknown.length === 1)
    return `Send replaceSlot: ${unknown[0] ?? ''}, if nobody uses that password: whoever does is cut off.`;
  if (unknown.length === 0)
    return 'Wait until the sweep has revoked the password before, then send the request again; replaceSlot overwrites one of them at once.';
  return 'Say which one may be overwritten: replaceSlot password1 or password2. Whoever uses it is cut off.';
}

function isConnectedRegistryName(findings: Findings, name: string): boolean {
  return findings.slow.connectedRegistries.some((item) => sameName(item.name, name));
}
