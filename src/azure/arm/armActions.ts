import type { RegistryControlPlane } from '../../ports/registryControlPlane.js';

const REGISTRY = 'Microsoft.ContainerRegistry/registries';

/** ARM's name of a right, for instance `Microsoft.ContainerRegistry/registries/tokens/write`. */
export type ArmAction = `Microsoft.${string}/${'read' | 'write' | 'delete' | 'action'}`;

/** A write of a child may be asynchronous; its end is then polled below the child, and the SDK reads the resource. */
function writing(child: 'scopeMaps' | 'tokens'): ArmAction[] {
  return [`${REGISTRY}/${child}/write`, `${REGISTRY}/${child}/operationStatuses/read`, `${REGISTRY}/${child}/read`];
}

/**
 * Asked for, and nobody's to give: a deletion is polled below the subscription's location, where a role on the registry
 * does not reach. If it is refused, the resource is looked at until it is gone (refusedPolls.ts).
 */
export const ASKED_WITHOUT_RIGHT = 'Microsoft.ContainerRegistry/locations/operationResults/read';

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
  // Done at once, 63 times of 63 recorded; no published right is about the end of one that would not be.
  setClientTokens: [
    `${REGISTRY}/connectedRegistries/write`,
    `${REGISTRY}/connectedRegistries/read`,
    `${REGISTRY}/operationStatuses/read`,
  ],
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

/** Every action that the app uses, once each, in order. */
export function neededActions(): ArmAction[] {
  return [...new Set(Object.values(ARM_ACTIONS).flat())].toSorted();
}
