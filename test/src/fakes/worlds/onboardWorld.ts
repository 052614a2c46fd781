import { onboard } from '../../../../src/orchestrations/onboard.js';
import { onboardingRun } from '../answers/requests.js';
import { createFlowWorld, type FlowWorld } from './flowWorld.js';
import { report } from './onboardScript.js';
import { runFlow, type Script } from './runFlow.js';
import type { World } from './world.js';

interface Options extends Script {
  readonly run?: string;
  readonly request?: Readonly<Record<string, unknown>>;
  /** ISO 8601; by default the date of the world's beginning. */
  readonly requestedAt?: string;
  /** The entities of earlier flows; by default new ones. */
  readonly flows?: FlowWorld;
}

/**
 * Onboards the default client over the fake services; its device pulls, unless the script says otherwise. Needs fake
 * timers.
 */
export async function onboardIn(
  world: World,
  { run, request, requestedAt, flows = createFlowWorld(world), ...script }: Options = {},
) {
  const input = {
    ...onboardingRun(request),
    ...(run === undefined ? {} : { run }),
    ...(requestedAt === undefined ? {} : { requestedAt }),
  };
  const ended = await runFlow({
    world: flows,
    flow: onboard,
    input,
    script: { device: () => report(), ...script },
  });
  return { ...ended, binder: flows.binder, flows };
}
