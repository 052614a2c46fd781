/**
 * An action that the app uses but cannot get by a role on the registry: the SDK polls a deletion below the
 * subscription's location. When the poll is refused, the app reads the resource until it is gone
 * (src/azure/arm/refusedPolls.ts).
 */
export const ASKED_WITHOUT_RIGHT = 'Microsoft.ContainerRegistry/locations/operationResults/read';
