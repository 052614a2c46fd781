import { createRunActivities } from '../../../../src/activities/runs/runActivities.js';
import { NOTHING_KNOWN, type ClientRecord } from '../../../../src/domain/clients/clientRecord.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { SweepInput } from '../../../../src/domain/rotation/sweep.js';
import { rotationSweep } from '../../../../src/orchestrations/rotationSweep.js';
import type { Runs, RunState } from '../../../../src/ports/runs.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { NO_LIMIT, NO_RUNS } from '../services/runs.js';
import { runFlow } from './runFlow.js';
import type { World } from './world.js';

export const SWEEP_RUN = 'swp0000000000001';

interface Started {
  readonly id: string;
  readonly client: string;
  readonly at: Date;
}

interface Options {
  readonly records?: ReadonlyMap<string, ClientRecord>;
  /** How a run stands at a time, `seconds` after its start. */
  readonly run?: (client: string, seconds: number) => RunState;
  readonly busy?: (client: string) => boolean;
  /** Whether an activity's answer is lost after its work, so that it is called again. */
  readonly loses?: (name: string, nth: number) => boolean;
}

/** Runs a whole sweep over the fake services, each time that it continues as new. Needs fake timers. */
export async function sweepIn(world: World, options: Options = {}) {
  const { run = () => 'completed', busy = () => false, records = new Map<string, ClientRecord>() } = options;
  const started: Started[] = [];
  const runs: Runs = {
    ...NO_RUNS,
    start: async (_, { run: id, request }) => {
      const operation = formatOperationId({ instance: clientKey(request), run: id });
      if (busy(request.client)) return { kind: 'conflict', id: operation, runningKind: 'onboard' };
      started.push({ id: operation, client: request.client, at: new Date() });
      return { kind: 'running', id: operation, attached: false };
    },
    state: async (id) => {
      const found = started.find((item) => item.id === formatOperationId(id));
      return found ? run(found.client, (Date.now() - found.at.getTime()) / 1000) : 'unknown';
    },
    record: async (key) => records.get(key) ?? NOTHING_KNOWN,
  };
  const activities: Readonly<Record<string, (input: never, runs: Runs) => Promise<unknown>>> = {
    ...world.activities,
    ...createRunActivities(world.queries, world.config, NO_LIMIT),
  };
  const { rotation: policy, limits } = world.config;
  const input: SweepInput = { sweep: SWEEP_RUN, actor: 'sweep', policy, limits };
  let calls = 0;
  const { outcome, engines } = await runFlow({
    world: {
      followsDate: true,
      answer: (name, { input: given }) => activities[name]?.(given as never, runs),
    },
    flow: rotationSweep,
    input,
    script: {
      after: (name) => {
        calls += 1;
        if (options.loses?.(name, calls)) throw new Error('its answer is lost');
      },
    },
  });
  if (!outcome) throw new Error('The sweep ended without an outcome.');
  return { outcome, turns: engines, started };
}
