import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { reference } from '../answers/orders.js';
import { CONNECTED_REGISTRY, onboarding } from '../answers/requests.js';
import type { World } from './world.js';

/** What the client of the default request has, by its names. */
export const { token, scopeMap } = onboarding();
export const main = mainSecretName(reference());
export const candidate = candidateSecretName(reference());

/** Before all that happens in tests. */
export const LONG_AGO = '2025-01-01T00:00:00.000Z';

/** Whether nothing of the client is left. */
export function isGone({ controlPlane, vault }: World): boolean {
  return (
    !controlPlane.tokens.has(token) &&
    !controlPlane.scopeMaps.has(scopeMap) &&
    !controlPlane.clientsOf(CONNECTED_REGISTRY).includes(token) &&
    !vault.has(main) &&
    !vault.has(candidate)
  );
}
