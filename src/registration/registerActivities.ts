import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { inAuditScope, logOf } from '../audit/audit.js';
import { ACTIVITIES_WITH_RUNS } from '../activities/runs/checkClients.js';
import type { Activities } from '../activities/activities.js';
import type { RunActivities, RunActivity } from '../activities/runs/runActivities.js';
import type { StepOutcome } from '../domain/operations/stepOutcome.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import type { Runs } from '../ports/runs.js';
import { activityNeeds } from './activityNeeds.js';
import type { EngineWork, WorkInTurn } from './workInTurn.js';
import { durableRuns } from '../triggers/durable/durableRuns.js';

/** Registers every activity under its name, each in its turn and in the audit scope of the run that called it. */
export function registerActivities(activities: Activities, inTurn: WorkInTurn): void {
  for (const [name, activity] of Object.entries(activities)) {
    if (ACTIVITIES_WITH_RUNS.includes(name)) {
      registerRunActivities({ [name]: activity }, inTurn);
      continue;
    }
    const work = activity as (input: unknown) => Promise<StepOutcome<unknown>>;
    df.app.activity(name, {
      handler: ({ by, ...input }: WorksFor, context: InvocationContext) =>
        inScope(by, context, () =>
          named(
            name,
            inTurn(engineWork(name, by, input), () => work(input)),
          ),
        ),
    });
  }
}

/**
 * Adds the activity's name to its result. The engine matches a result to its call by a number that two calls may have
 * had; the name lets StepRunner detect a wrong match.
 */
async function named(activity: string, work: Promise<unknown>): Promise<object> {
  return { ...((await work) as object), activity };
}

/** The scope of what an activity does. */
function inScope<T>({ priority: _priority, ...by }: WorksFor['by'], context: InvocationContext, work: () => T): T {
  return inAuditScope({ log: logOf(context), ...by }, work);
}

function engineWork(name: string, by: WorksFor['by'], input: object): EngineWork {
  return { key: `${by.operation} ${name}`, by, input, needs: activityNeeds(name, input) };
}

/** Registers activities that work with other runs: each also gets the durable client of its invocation. */
export function registerRunActivities(
  activities: RunActivities | Readonly<Record<string, RunActivity>>,
  inTurn: WorkInTurn,
): void {
  for (const [name, activity] of Object.entries<RunActivity>(activities)) {
    const work = activity as (input: unknown, runs: Runs) => Promise<StepOutcome<unknown>>;
    df.app.activity(name, {
      extraInputs: [df.input.durableClient()],
      handler: ({ by, ...input }: WorksFor, context: InvocationContext) =>
        inScope(by, context, () =>
          named(
            name,
            inTurn(engineWork(name, by, input), () => work(input, durableRuns(df.getClient(context)))),
          ),
        ),
    });
  }
}
