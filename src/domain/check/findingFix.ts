import type { Difference, Verdict } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { FIX_COMMANDS } from './fixCommands.js';

const ONBOARD = 'Onboard the client again: POST /api/onboardings.';

/** How to fix a client's differences, one fix a line; undefined if nothing needs fixing. */
export function findingFix(
  client: ClientReference,
  token: string | undefined,
  state: Verdict,
  differences: readonly Difference[],
): string | undefined {
  if (differences.length === 0) return OF_STATES[state];
  return [...new Set(differences.map((difference) => fixOf(client, token ?? '', difference)))].join('\n');
}

/** Fixes of a client without differences, by its state. */
const OF_STATES: Readonly<Partial<Record<Verdict, string>>> = {
  revoked: 'Nothing, if the client is to stay revoked. To give it access again, onboard it; to remove it, offboard it.',
  expired: ONBOARD,
  expiring: 'Find out why it was not rotated: GET /api/rotations/schedule. Then rotate it: POST /api/rotations.',
  absent: 'Onboard the client: POST /api/onboardings.',
  changing: 'Wait for the running operation to end, then check again.',
};

function fixOf(
  { registry, connectedRegistry }: ClientReference,
  token: string,
  { code, expected, found, assignment }: Difference,
): string {
  switch (code) {
    case 'token-disabled':
      return FIX_COMMANDS.enableToken({ registry, token });
    case 'token-scope-map':
      return FIX_COMMANDS.moveToken({ registry, token, scopeMap: expected ?? '' });
    case 'scope-map-rights':
      return 'Onboard the client again with restoreScopeMap: true: POST /api/onboardings.';
    case 'bound-elsewhere':
      return FIX_COMMANDS.removeClientToken({ registry, connectedRegistry: found ?? connectedRegistry, token });
    case 'connected-registry-missing':
      return 'Offboard the client: POST /api/offboardings.';
    case 'endpoint':
      return `Add its endpoint to the setting ALLOWED_ENDPOINTS, or: ${ONBOARD}`;
    case 'token-shared':
      return 'Give each client its own token: onboard the other clients again without this token name, then remove the token from their connected registries.';
    case 'device-silent':
      return 'Find out whether the device runs its agent and reaches this app. If it was rebuilt or replaced: for a device that joins, issue a join token by POST /api/enrolments with replace: true; for one that polls with another identity in Entra, PUT /api/clients/{key}/poller.';
    case 'fact-unknown':
      return 'Nothing yet: Azure did not return this fact. Check again, and look for missing rights in GET /api/health.';
    case 'vault-differs':
      return `The app works with the secret in vault ${expected ?? ''}. Find out who made this one in ${found ?? ''}, and remove it if nobody needs it.`;
    case 'vault-not-configured':
      return `Add vault ${expected ?? ''} to the setting KEY_VAULT_URLS again; or, if it is gone, offboard the client, which then names what remains, and onboard it again.`;
    case 'access-missing':
      return `Onboard the client again with identity.principalId ${expected ?? ''}: POST /api/onboardings.`;
    case 'access-foreign':
      return `If nobody needs it, remove it: ${FIX_COMMANDS.deleteAssignment({ id: assignment ?? '' })}`;
    case 'token-missing':
    case 'scope-map-missing':
    case 'password-missing':
    case 'password-replaced':
    case 'password-expired':
    case 'secret-disabled':
    case 'binding-missing':
      return ONBOARD;
  }
}
