import { offboardIn } from '../clients/clients.js';
import type { FlowWorld } from './flowWorld.js';
import { onboardIn } from './onboardWorld.js';
import type { World } from './world.js';

/**
 * Onboards the default client, applies a change to what it has, and offboards it. Only the offboarding's calls are
 * recorded.
 */
export async function offboardAfterOnboarding(
  world: World,
  flows: FlowWorld,
  change: () => unknown = () => undefined,
  request: Readonly<Record<string, unknown>> = {},
) {
  await onboardIn(world, { flows, request });
  await change();
  world.wire.calls.length = 0;
  return offboardIn(flows);
}
