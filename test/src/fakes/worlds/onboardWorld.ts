import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { reportEventName, reportHash } from '../../../../src/domain/pullCheck/reportEvent.js';
import { onboard } from '../../../../src/orchestrations/onboard.js';
import { createFlowWorld, type FlowWorld, type Hooks } from './flowWorld.js';
import { report } from './onboardScript.js';
import { onboardingRun } from '../answers/requests.js';
import type { World } from './world.js';

interface Options extends Hooks {
  readonly run?: string;
  readonly request?: Readonly<Record<string, unknown>>;
  /** ISO 8601; by default the date of the world's beginning. */
  readonly requestedAt?: string;
  readonly device?: () => PullCheckReport | undefined;
  /** The entities of earlier flows; by default new ones. */
  readonly flows?: FlowWorld;
}

/** Runs the real flow with the real activities and entities over the fake services. Needs fake timers, for the date. */
export async function onboardIn(
  world: World,
  { run, request, requestedAt, device = () => report(), flows = createFlowWorld(world), ...hooks }: Options = {},
) {
  const input = {
    ...onboardingRun(request),
    ...(run === undefined ? {} : { run }),
    ...(requestedAt === undefined ? {} : { requestedAt }),
  };
  const { outcome, context } = await flows.run(onboard, input, {
    ...hooks,
    after: async (name, call, engine) => {
      const answer = name === 'requestPullCheck' ? device() : undefined;
      if (answer) {
        const { attempt } = call.input as { attempt: number };
        engine.raiseIn(2, reportEventName(input.run, attempt), { hash: reportHash(answer), report: answer });
      }
      await hooks.after?.(name, call, engine);
    },
  });
  return { outcome, context, binder: flows.binder, flows };
}
