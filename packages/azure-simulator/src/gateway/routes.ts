import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry } from '../state/registryState.js';
import { withNewEpoch } from './epoch.js';
import { syncRoute } from './syncRoute.js';

export { identifySyncToken } from './syncRoute.js';

const resyncBody = z.strictObject({ registry: z.string().min(1), connectedRegistry: z.string().min(1) });

/** The sync endpoint, and the test control that requests a resync. */
export function gatewayRoutes(plane: Plane): Route[] {
  return [
    syncRoute(plane),
    {
      method: 'POST',
      path: '/_control/resync',
      service: 'control',
      operation: 'control/resync',
      handle: (call) => resync(plane, call),
    },
  ];
}

/** Makes the next sync of a connected registry deliver everything, including expired messages. */
export function requestResync(plane: Plane, registry: Registry, connected: ConnectedRegistry): void {
  registry.connectedRegistries.set(withNewEpoch(connected, plane.clock.now()));
  plane.armFile.changed();
}

function resync(plane: Plane, call: Call): ApiReply {
  const parsed = resyncBody.safeParse(parseJson(call.body.toString('utf8')));
  if (!parsed.success) return problem(400, z.prettifyError(parsed.error));
  const registry = plane.arm.registries.get(parsed.data.registry);
  const connected = registry?.connectedRegistries.get(parsed.data.connectedRegistry);
  if (!registry || !connected) return problem(404, 'The connected registry does not exist.');
  requestResync(plane, registry, connected);
  return { status: 204 };
}

function problem(status: number, detail: string): ApiReply {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { status, title: 'Bad control', detail },
  };
}
