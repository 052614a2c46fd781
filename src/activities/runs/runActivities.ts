import type { Activities } from '../activities.js';
import type { Config } from '../../settings/config.js';
import type { Pace } from '../../ports/pace.js';
import type { Runs } from '../../ports/runs.js';
import { endRun, readPresentRun } from './presentRun.js';
import type { Queries } from '../../queries/queries.js';
import { findDueRotations } from '../rotation/findDueRotations.js';
import { advanceRollout } from '../rollouts/advanceRollout.js';
import { claimRollout } from '../rollouts/claimRollout.js';
import { findStarted } from '../rollouts/findStarted.js';
import { advanceRuns } from '../starting/advanceRuns.js';
import { planRollout, type PlanningQueries } from '../rollouts/planRollout.js';
import { startRunWhenFree } from './startRunWhenFree.js';

/**
 * Activities that deal with runs, by the name under which each is registered. They get the engine's runs beside their
 * input, since a durable client belongs to one invocation.
 */
export function createRunActivities(
  queries: Pick<Queries, 'rotationSchedule'> & PlanningQueries,
  config: Pick<Config, 'profileBook' | 'registries' | 'vaults' | 'arm' | 'identity'>,
  pace: Pace,
) {
  return {
    startRunWhenFree,
    readPresentRun,
    endRun,
    findDueRotations: findDueRotations(queries.rotationSchedule),
    advanceRuns: advanceRuns(config, pace),
    claimRollout,
    findStarted: findStarted(config),
    advanceRollout: advanceRollout(config, pace),
    planRollout: planRollout(queries, config),
  };
}
export type RunActivities = ReturnType<typeof createRunActivities>;

/** Every activity, whether or not it uses runs. */
export type AllActivities = Activities & RunActivities;

/** What they have in common. */
export type RunActivity = (input: never, runs: Runs) => Promise<unknown>;
