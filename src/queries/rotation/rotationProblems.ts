import type { Config } from '../../settings/config.js';
import type { Problem } from '@connected-registry/protocol/answers/answers';
import { FIX_COMMANDS } from '../../domain/check/fixCommands.js';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import type { RotationPlan } from '../../domain/rotation/rotationPlan.js';
import type { Rotation } from '@connected-registry/protocol/requests/rotationRequest';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { ofAnotherClient } from '../../domain/tokens/sharedToken.js';
import { isLive, isSamePassword, type KnownSlot } from '@connected-registry/protocol/registry/slots';
import { isBound } from '../registry/connectedRegistry.js';
import { aboutOverlap } from './overlapProblems.js';
import type { RotationFindings } from './rotationFindings.js';
import { aboutUnreadableSchedules } from '../onboarding/unknownProblems.js';

type PlannedFacts = Pick<
  RotationPlan,
  'endpoint' | 'slot' | 'image' | 'syncPath' | 'worstPathSeconds' | 'credentialLifetimeDays'
>;

/** Finds all problems of a rotation at once, each with its fix. */
export function rotationProblems(
  findings: RotationFindings,
  rotation: Rotation,
  plan: PlannedFacts,
  config: Pick<Config, 'limits' | 'rotation'>,
  now: Date,
): Problem[] {
  const { main, tags, token, connectedRegistry } = findings;
  const { registry, client } = rotation;
  if (!main || !tags)
    return [
      {
        code: 'not-onboarded',
        field: 'client',
        message: `There is no credential of ${client} in the vault: the secret ${mainSecretName(rotation)} is absent, disabled or not ours.`,
        fix: 'Onboard the client: POST /api/onboardings.',
      },
    ];
  if (!connectedRegistry)
    return [
      {
        code: 'connected-registry-not-found',
        field: 'connectedRegistry',
        message: `The registry ${registry} has no connected registry ${rotation.connectedRegistry}.`,
        fix: `Name an existing one; this lists them: ${FIX_COMMANDS.listConnectedRegistries({ registry })}`,
      },
    ];
  if (!token)
    return [
      {
        code: 'token-missing',
        field: 'client',
        message: `The token ${tags.token}, which the secret names, no longer exists.`,
        fix: 'Onboard the client again: POST /api/onboardings.',
      },
    ];
  if (findings.users.length > 0)
    return [
      {
        ...ofAnotherClient(
          token.name,
          findings.users,
          `Onboard ${client} without the field token, so that it gets a token of its own; enable no disabled token by hand before.`,
        ),
        field: 'client',
      },
    ];
  const problems: Problem[] = [];
  if (token.isEnabled === false)
    problems.push({
      code: 'token-disabled',
      field: 'client',
      message: `${tags.token} is disabled; a rotation never enables a token that somebody disabled.`,
      fix: FIX_COMMANDS.enableToken({ registry, token: tags.token }),
    });
  if (!isBound(connectedRegistry, tags.token))
    problems.push({
      code: 'token-unbound',
      field: 'client',
      message: `${tags.token} is not in the client list of ${connectedRegistry.name}; a rotation never binds what somebody unbound.`,
      fix: 'Onboard the client again: POST /api/onboardings.',
    });
  if (plan.endpoint === '')
    problems.push({
      code: 'endpoint-unknown',
      field: 'client',
      message: `Neither the value nor the tags of the secret ${main.name} name the endpoint.`,
      fix: 'Onboard the client again: POST /api/onboardings.',
    });
  if (plan.image === '')
    problems.push({
      code: 'image-unknown',
      field: 'client',
      message: `Neither the secret nor the scope map ${tags.scopeMap} names a repository to pull from.`,
      fix: 'Onboard the client again with the field image.',
    });
  const unknown = aboutUnreadableSchedules(plan.syncPath, registry, now);
  if (rotation.urgent) return [...problems, ...unknown];
  const { credentialLifetimeDays, worstPathSeconds } = plan;
  return [
    ...problems,
    ...aboutSlot(findings, tags, rotation, plan, now),
    ...aboutOverlap({ credentialLifetimeDays, worstPathSeconds }, config, rotation),
    ...unknown,
  ];
}

/** Checks that nobody uses the password in the slot for the new one. */
function aboutSlot(
  { token, candidate, main, acknowledged }: RotationFindings,
  tags: CredentialTags,
  { registry }: Rotation,
  { slot }: PlannedFacts,
  now: Date,
): Problem[] {
  const slots = token?.slots ?? {};
  if (!isLive(slots[slot], now)) return [];
  const { revokeOld } = tags;
  if (revokeOld?.slot === slot && isSamePassword(slots, revokeOld)) {
    if (new Date(revokeOld.from) <= now || acknowledged === main?.version) return [];
    return [
      {
        code: 'previous-password-in-use',
        field: 'client',
        message: `The previous password may be in use until ${revokeOld.from}, and occupies ${slot}.`,
        fix: 'Rotate after that time; or, for a leaked password, with urgent: true.',
      },
    ];
  }
  const leftover: KnownSlot | undefined = candidate && {
    slot: candidate.slot,
    createdAt: candidate.issued.slotCreatedAt,
  };
  if (leftover?.slot === slot && isSamePassword(slots, leftover)) return [];
  return [
    {
      code: 'slots-in-use',
      field: 'client',
      message: `${slot} of ${tags.token} holds a working password that the vault does not have.`,
      fix: `If nobody uses it: ${FIX_COMMANDS.clearPassword({ registry, token: tags.token, slot })}`,
    },
  ];
}
