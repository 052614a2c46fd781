import type { Runs } from '../ports/runs.js';
import { endRun, readPresentRun } from './presentRun.js';
import { startRunWhenFree } from './startRunWhenFree.js';

/**
 * Activities that deal with other runs, by the name under which each is registered. They get the engine's runs beside
 * their input, since a durable client belongs to one invocation.
 */
export const RUN_ACTIVITIES = { startRunWhenFree, readPresentRun, endRun };
export type RunActivities = typeof RUN_ACTIVITIES;

/** What they have in common. */
export type RunActivity = (input: never, runs: Runs) => Promise<unknown>;
