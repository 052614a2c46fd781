import { vi } from 'vitest';
import type { BinderOperation, BinderRequest } from '../../../src/domain/bindingWishes.js';
import type { OperationOutcome } from '../../../src/domain/operation.js';
import type { PullCheckReport } from '../../../src/domain/pullCheckMessages.js';
import { reportEventName, reportHash } from '../../../src/domain/reportEvent.js';
import { onboard } from '../../../src/orchestrations/onboard.js';
import { MAP_HOLDER } from '../../../src/entities/mapHolder.js';
import type { MapHolderOperation, MapHolderRequest } from '../../../src/domain/mapHolds.js';
import { createMapHolderEntity } from './mapHolderEntity.js';
import { createBinderEntity } from './binderEntity.js';
import { FakeDurableContext } from './durableContext.js';
import { report } from './onboardScript.js';
import { onboardingRun } from './requests.js';
import type { World } from './world.js';

interface Options {
  readonly run?: string;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly device?: () => PullCheckReport | undefined;
}

/** Runs the real flow with the real activities and binder over the fake services. Needs fake timers, for the date. */
export async function onboardIn(world: World, { run, request, device = () => report() }: Options = {}) {
  const binder = createBinderEntity(world);
  const maps = createMapHolderEntity(world);
  const input = { ...onboardingRun(request), ...(run === undefined ? {} : { run }) };
  const activities: Readonly<Record<string, (input: never) => Promise<unknown>>> = world.activities;
  const context: FakeDurableContext = new FakeDurableContext(input, async ({ kind, name, input: given, at }) => {
    vi.setSystemTime(at);
    if (kind !== 'activity') {
      const operation = name.split('.').at(-1) ?? '';
      return name.startsWith(`${MAP_HOLDER}.`)
        ? maps.request(operation as MapHolderOperation, given as MapHolderRequest)
        : binder.request(operation as BinderOperation, given as BinderRequest);
    }
    const outcome = await activities[name]?.(given as never);
    const answer = name === 'requestPullCheck' ? device() : undefined;
    if (answer) {
      const { attempt } = given as { attempt: number };
      context.raiseIn(2, reportEventName(input.run, attempt), { hash: reportHash(answer), report: answer });
    }
    return outcome;
  });
  context.now = new Date();
  const outcome: OperationOutcome = await context.run(onboard);
  return { outcome, context, binder };
}
