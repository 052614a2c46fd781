import type { OperationKind, OperationStatus } from '@connected-registry/protocol/answers/answers';
import type { ClientState } from '@connected-registry/protocol/answers/clientAnswers';
import type { RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type { PrincipalType } from '@connected-registry/protocol/requests/deviceIdentity';
import type { RolloutKind, RolloutSelection } from '@connected-registry/protocol/requests/rolloutRequest';

/*
 * Words of the API that options take. They are written again here, since the schemas that have them take longer to load
 * than the whole rest of the program; types and a test keep them equal (test/choices.test.ts).
 */
export const CLIENT_STATES = [
  'orphaned',
  'revoked',
  'expired',
  'unbound',
  'drifted',
  'changing',
  'expiring',
  'ok',
] as const satisfies readonly ClientState[];
export const OPERATION_KINDS = [
  'onboard',
  'offboard',
  'rotate',
  'revoke',
  'check',
] as const satisfies readonly OperationKind[];
export const OPERATION_STATUSES = [
  'running',
  'completed',
  'rolledBack',
  'failed',
] as const satisfies readonly OperationStatus[];
export const ROLLOUT_KINDS = ['onboard', 'rotate', 'offboard', 'check'] as const satisfies readonly RolloutKind[];
export const ROLLOUT_ROW_STATES = [
  'waiting',
  'running',
  'completed',
  'failed',
  'cancelled',
  'planned',
] as const satisfies readonly RolloutClient['state'][];
export const SELECTION_FIELDS = [
  'registry',
  'connectedRegistry',
  'state',
  'expiresBefore',
  'profile',
] as const satisfies readonly (keyof RolloutSelection)[];
export const SLOT_NAMES = ['password1', 'password2'] as const satisfies readonly SlotName[];
export const PRINCIPAL_TYPES = ['ServicePrincipal', 'Device'] as const satisfies readonly PrincipalType[];

/** A value that the parser has compared with these choices. */
export function chosenOf<const Choices extends readonly string[]>(
  choices: Choices,
  value: string | undefined,
): Choices[number] | undefined {
  return choices.find((choice) => choice === value);
}
