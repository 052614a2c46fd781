import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { inAuditScope, logOf } from '../audit/audit.js';
import { ACTIVITIES_WITH_RUNS } from '../activities/runs/checkClients.js';
import type { Activities } from '../activities/activities.js';
import type { RunActivities, RunActivity } from '../activities/runs/runActivities.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import type { Runs } from '../ports/runs.js';
import { durableRuns } from '../triggers/durable/durableRuns.js';

/** Registers every activity under its name, each in the audit scope of the run that called it. */
export function registerActivities(activities: Activities): void {
  for (const [name, activity] of Object.entries(activities)) {
    if (ACTIVITIES_WITH_RUNS.includes(name)) {
      registerRunActivities({ [name]: activity });
      continue;
    }
    const work = activity as (input: unknown) => Promise<unknown>;
    df.app.activity(name, {
      handler: ({ by, ...input }: WorksFor, context: InvocationContext) =>
        inAuditScope({ log: logOf(context), ...by }, () => named(name, work(input))),
    });
  }
}

/**
 * Adds the activity's name to its result. The engine matches a result to its call by a number that two calls may have had;
 * the name lets StepRunner detect a wrong match.
 */
async function named(activity: string, work: Promise<unknown>): Promise<object> {
  return { ...((await work) as object), activity };
}

/** Registers activities that work with other runs: each also gets the durable client of its invocation. */
export function registerRunActivities(activities: RunActivities | Readonly<Record<string, RunActivity>>): void {
  for (const [name, activity] of Object.entries<RunActivity>(activities)) {
    const work = activity as (input: unknown, runs: Runs) => Promise<unknown>;
    df.app.activity(name, {
      extraInputs: [df.input.durableClient()],
      handler: ({ by, ...input }: WorksFor, context: InvocationContext) =>
        inAuditScope({ log: logOf(context), ...by }, () =>
          named(name, work(input, durableRuns(df.getClient(context)))),
        ),
    });
  }
}
