import { randomBytes } from 'node:crypto';
import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../settings/config.js';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { SWEEP, SWEEP_INSTANCE, type SweepInput } from '../../domain/rotation/sweep.js';
import { hasEnded } from '../durable/runStatus.js';
import { tryStart } from '../durable/startRun.js';
import { readSweep } from '../durable/sweeps.js';

/** The actor in the audit for sweeps. */
const ACTOR = 'sweep';

/** Starts a sweep, unless one is running or sweeps pause after failures. */
export function onRotationTimer(config: Pick<Config, 'rotation' | 'limits'>) {
  return async (_timer: Timer, client: DurableClient, context: InvocationContext): Promise<void> => {
    const now = new Date();
    const log = (sweep: string, more: object = {}) =>
      context.log(JSON.stringify({ event: 'rotationSweep', sweep, ...more }));
    const last = await readSweep(client);
    if (last && !hasEnded(last)) return log('still under way');
    const restsUntil = last?.outcome?.stopped?.restsUntil;
    if (restsUntil !== undefined && new Date(restsUntil) > now) return log('rests after failures', { restsUntil });
    const { rotation, limits } = config;
    const input: SweepInput = { sweep: newRunId(now, randomBytes(4)), actor: ACTOR, policy: rotation, limits };
    const started = await tryStart(client, SWEEP, SWEEP_INSTANCE, input);
    log(started ? 'started' : 'still under way');
  };
}
