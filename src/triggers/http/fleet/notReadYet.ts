import type { HttpResponseInit } from '@azure/functions';
import { NotReadYet } from '../../../queries/snapshot.js';
import { problem } from '../answers/problem.js';
import { orServiceProblem } from '../answers/serviceProblem.js';

/** Seconds after which to ask again. */
const RETRY_SECONDS = 3;

/** Runs a handler that answers from the snapshot, and says so while there is none. */
export function orNotReadYet(work: () => Promise<HttpResponseInit>): Promise<HttpResponseInit> {
  return orServiceProblem(async () => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NotReadYet)) throw error;
      return problem(
        {
          status: 503,
          code: 'inventory-not-ready',
          title: 'The fleet is being read.',
          detail: 'The app reads the clients for the first time since its start. Ask again in a few seconds.',
        },
        { 'retry-after': String(RETRY_SECONDS) },
      );
    }
  });
}

/** The age of what was read, in whole seconds. */
export function ageSeconds(readAt: Date): number {
  return Math.max(0, Math.round((Date.now() - readAt.getTime()) / 1000));
}
