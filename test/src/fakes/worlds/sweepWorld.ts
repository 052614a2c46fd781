import { vi } from 'vitest';
import { createRunActivities } from '../../../../src/activities/runs/runActivities.js';
import { NOTHING_KNOWN, type ClientRecord } from '../../../../src/domain/clients/clientRecord.js';
import { formatOperationId, parseOperationId, randomOf } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../../../src/domain/operations/run.js';
import type { DueRotation, SweepInput } from '../../../../src/domain/rotation/sweep.js';
import { rotationSweep } from '../../../../src/orchestrations/rotationSweep.js';
import type { Pace } from '../../../../src/ports/pace.js';
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
  readonly run: Run;
}

interface Options {
  readonly records?: ReadonlyMap<string, ClientRecord>;
  /** How a run stands at a time, `seconds` after its start. */
  readonly run?: (client: string, seconds: number) => RunState;
  readonly busy?: (client: string) => boolean;
  readonly pace?: Pace;
  /** The queue of a sweep that has looked already. */
  readonly queue?: readonly DueRotation[];
  /** The activity that the engine executes only at a later time. */
  readonly lateFor?: string;
  readonly until?: Date;
  /** Whether an activity's answer is lost after its work, so that it is called again. */
  readonly loses?: (name: string, nth: number) => boolean;
}

/** Runs a whole sweep over the fake services, each time that it continues as new. Needs fake timers. */
export async function sweepIn(world: World, options: Options = {}) {
  const { run = () => 'completed', busy = () => false, records = new Map<string, ClientRecord>() } = options;
  const started: Started[] = [];
  const runs: Runs = {
    ...NO_RUNS,
    start: async (_, given) => {
      const { run: id, request } = given;
      const operation = formatOperationId({ instance: clientKey(request), run: id });
      if (busy(request.client)) return { kind: 'conflict', id: operation, runningKind: 'onboard' };
      started.push({ id: operation, client: request.client, at: new Date(), run: given });
      return { kind: 'running', id: operation, attached: false };
    },
    progress: async (id) => {
      const found = started.find((item) => item.id === formatOperationId(id));
      return { state: found ? run(found.client, (Date.now() - found.at.getTime()) / 1000) : 'unknown' };
    },
    find: async (key, random) =>
      started.map(({ id }) => parseOperationId(id)).find((id) => id?.instance === key && randomOf(id.run) === random),
    record: async (key) => records.get(key) ?? NOTHING_KNOWN,
  };
  const activities: Readonly<Record<string, (input: never, runs: Runs) => Promise<unknown>>> = {
    ...world.activities,
    ...createRunActivities(world.queries, world.config, options.pace ?? NO_LIMIT),
  };
  const { rotation: policy, limits } = world.config;
  const queue = options.queue === undefined ? {} : { queue: options.queue };
  const input: SweepInput = { sweep: SWEEP_RUN, actor: 'sweep', policy, limits, ...queue };
  let calls = 0;
  const { outcome, engines } = await runFlow({
    world: {
      followsDate: true,
      answer: (name, { input: given }) => activities[name]?.(given as never, runs),
    },
    flow: rotationSweep,
    input,
    script: {
      before: (name) => {
        if (name === options.lateFor && options.until) vi.setSystemTime(options.until);
      },
      after: (name) => {
        calls += 1;
        if (options.loses?.(name, calls)) throw new Error('its answer is lost');
      },
    },
  });
  if (!outcome) throw new Error('The sweep ended without an outcome.');
  return { outcome, turns: engines, started };
}
