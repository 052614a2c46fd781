import type { RegistryControlPlane } from '../ports/registryControlPlane.js';

const REGISTRY = 'Microsoft.ContainerRegistry/registries';

/** ARM's name of a right, for instance `Microsoft.ContainerRegistry/registries/tokens/write`. */
export type ArmAction = `Microsoft.${string}/${'read' | 'write' | 'delete' | 'action'}`;

/** A write of a child may be asynchronous; its end is then polled below the child. */
function writing(child: 'scopeMaps' | 'tokens' | 'connectedRegistries', verb: 'write' | 'delete'): ArmAction[] {
  return [
    `${REGISTRY}/${child}/${verb}`,
    `${REGISTRY}/${child}/operationStatuses/read`,
    // The SDK ends an asynchronous write by reading the resource.
    ...(verb === 'write' ? [`${REGISTRY}/${child}/read` as const] : []),
  ];
}

/**
 * What each call of the control plane needs to be allowed, asynchronous ends included. The app's custom role is the sum,
 * and nothing else: `infra/modules/onboardingRole.json` is written from it by `npm run infra-lists`. A method that is added to
 * the port without an entry here does not compile; an entry that no call uses fails a test.
 * Source of the names: Azure docs, role-based-access-control/permissions/containers.
 */
export const ARM_ACTIONS: Readonly<Record<keyof RegistryControlPlane, readonly ArmAction[]>> = {
  getRegistry: [`${REGISTRY}/read`],
  listConnectedRegistries: [`${REGISTRY}/connectedRegistries/read`],
  getConnectedRegistry: [`${REGISTRY}/connectedRegistries/read`],
  setClientTokens: writing('connectedRegistries', 'write'),
  getScopeMap: [`${REGISTRY}/scopeMaps/read`],
  createScopeMap: writing('scopeMaps', 'write'),
  setScopeMapActions: writing('scopeMaps', 'write'),
  deleteScopeMap: writing('scopeMaps', 'delete'),
  getToken: [`${REGISTRY}/tokens/read`],
  listTokens: [`${REGISTRY}/tokens/read`],
  listScopeMaps: [`${REGISTRY}/scopeMaps/read`],
  listTokensOf: [`${REGISTRY}/tokens/read`],
  createToken: writing('tokens', 'write'),
  setTokenScopeMap: writing('tokens', 'write'),
  disableToken: writing('tokens', 'write'),
  enableToken: writing('tokens', 'write'),
  keepOnlySlots: writing('tokens', 'write'),
  deleteToken: writing('tokens', 'delete'),
  generatePassword: [`${REGISTRY}/generateCredentials/action`, `${REGISTRY}/operationStatuses/read`],
};

/** Every action that the app uses, once each, in order. */
export function neededActions(): ArmAction[] {
  return [...new Set(Object.values(ARM_ACTIONS).flat())].toSorted();
}
