import type { RegistryControlPlane } from '../../ports/registryControlPlane.js';

const REGISTRY = 'Microsoft.ContainerRegistry/registries';

/** An action of ARM's role definitions, for instance `Microsoft.ContainerRegistry/registries/tokens/write`. */
type ArmAction = `Microsoft.${string}/${'read' | 'write' | 'delete' | 'action'}`;

/**
 * Actions of a write: it may be asynchronous, and then the SDK polls the operation below the resource (writeEnd.ts).
 */
function writing(child: 'scopeMaps' | 'tokens'): ArmAction[] {
  return [`${REGISTRY}/${child}/write`, `${REGISTRY}/${child}/operationStatuses/read`];
}

/**
 * Actions that each call of the control plane needs, polls of asynchronous operations included. The app's custom role
 * has exactly these: `npm run infra-lists` writes `infra/modules/onboardingRole.json` from this table. A method of the
 * port without an entry does not compile; an entry that no call uses fails a test. Source of the names: Azure docs,
 * role-based-access-control/permissions/containers.
 */
export const ARM_ACTIONS: Readonly<Record<keyof RegistryControlPlane, readonly ArmAction[]>> = {
  getRegistry: [`${REGISTRY}/read`],
  listConnectedRegistries: [`${REGISTRY}/connectedRegistries/read`],
  getConnectedRegistry: [`${REGISTRY}/connectedRegistries/read`],
  // All 63 recorded updates were synchronous; no published action is for polling an asynchronous one.
  setClientTokens: [`${REGISTRY}/connectedRegistries/write`, `${REGISTRY}/operationStatuses/read`],
  getScopeMap: [`${REGISTRY}/scopeMaps/read`],
  createScopeMap: writing('scopeMaps'),
  setScopeMapActions: writing('scopeMaps'),
  deleteScopeMap: [`${REGISTRY}/scopeMaps/delete`],
  getToken: [`${REGISTRY}/tokens/read`],
  listTokens: [`${REGISTRY}/tokens/read`],
  listScopeMaps: [`${REGISTRY}/scopeMaps/read`],
  listTokensOf: [`${REGISTRY}/tokens/read`],
  createToken: writing('tokens'),
  setTokenScopeMap: writing('tokens'),
  disableToken: writing('tokens'),
  enableToken: writing('tokens'),
  keepOnlySlots: writing('tokens'),
  deleteToken: [`${REGISTRY}/tokens/delete`],
  generatePassword: [`${REGISTRY}/generateCredentials/action`, `${REGISTRY}/operationStatuses/read`],
};

/** Lists every action that the app uses, once each, sorted. */
export function neededActions(): ArmAction[] {
  return [...new Set(Object.values(ARM_ACTIONS).flat())].toSorted();
}
