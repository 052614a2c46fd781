import type { Difference, Verdict } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { FIX_COMMANDS } from './fixCommands.js';

const ONBOARD = 'Onboard the client again: POST /api/onboardings.';

/** What puts a client right that a check found, one fix a line; nothing of one that is as it should be. */
export function findingFix(
  client: ClientReference,
  token: string | undefined,
  state: Verdict,
  differences: readonly Difference[],
): string | undefined {
  if (differences.length === 0) return OF_STATES[state];
  return [...new Set(differences.map((difference) => fixOf(client, token ?? '', difference)))].join('\n');
}

/** Of a client without differences. */
const OF_STATES: Readonly<Partial<Record<Verdict, string>>> = {
  revoked: 'Nothing, if it is to stay so. An onboarding gives it access again, an offboarding takes away what is left.',
  expired: ONBOARD,
  expiring: 'See why it was not rotated: GET /api/rotations/schedule. Then rotate it: POST /api/rotations.',
  absent: 'Onboard the client: POST /api/onboardings.',
  changing: 'Wait until the run that is under way has ended, and check again.',
};

function fixOf(
  { registry, connectedRegistry }: ClientReference,
  token: string,
  { code, expected, found }: Difference,
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
      return `List its endpoint in the setting ALLOWED_ENDPOINTS, or: ${ONBOARD}`;
    case 'token-shared':
      return 'Give each client a token of its own: onboard the other clients again without naming this token, then take it off their connected registries.';
    case 'fact-unknown':
      return 'Nothing yet: Azure did not say it. Check again, and see GET /api/health for rights that are missing.';
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
