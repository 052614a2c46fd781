import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import { armRoute, registryOf } from './armRoute.js';
import { resourceNotFound } from './errors.js';
import { REGISTRY_PATH } from './ids.js';

/** Where clients follow asynchronous writes: below the registry and below each of its children. */
export function operationStatusRoutes(plane: Plane): Route[] {
  const handle = (call: Call): Promise<ApiReply> => status(plane, call);
  const children = ['scopeMaps', 'tokens', 'connectedRegistries'] as const;
  return [
    armRoute(plane, {
      method: 'GET',
      path: `${REGISTRY_PATH}/operationStatuses/{operation}`,
      action: 'Microsoft.ContainerRegistry/registries/operationStatuses/read',
      family: 'registries',
      handle,
    }),
    ...children.map((type) =>
      armRoute(plane, {
        method: 'GET',
        path: `${REGISTRY_PATH}/${type}/{name}/operationStatuses/{operation}`,
        action: `Microsoft.ContainerRegistry/registries/${type}/operationStatuses/read`,
        family: `registries/${type}`,
        handle,
      }),
    ),
  ];
}

async function status(plane: Plane, call: Call): Promise<ApiReply> {
  const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.exec(call.params['operation'] ?? '')?.[0];
  if (id === undefined) throw resourceNotFound(decodeURI(call.path));
  const operation = await plane.operations.finished(id);
  if (!operation) return afterRestart(plane, call);
  if (operation.failure) return { status: 200, body: { status: 'Failed', error: operation.failure } };
  return operation.result ?? { status: 200, body: { status: 'Succeeded' } };
}

/** Operations are over in a moment, so one that is unknown after a restart has succeeded if its resource is there. */
function afterRestart(plane: Plane, call: Call): ApiReply {
  const registry = registryOf(plane, call);
  const name = call.params['name'];
  const known =
    name !== undefined &&
    (registry.scopeMaps.get(name) ?? registry.tokens.get(name) ?? registry.connectedRegistries.get(name));
  if (!known) throw resourceNotFound(decodeURI(call.path));
  return { status: 200, body: { status: 'Succeeded' } };
}
