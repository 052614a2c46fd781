import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { inAuditScope } from './ports/audit.js';
import type { Activities } from './activities/activities.js';
import type { WorksFor } from './domain/worksFor.js';

/** Registers every activity under its name, each in the audit scope of the run that called it. */
export function registerActivities(activities: Activities): void {
  for (const [name, activity] of Object.entries(activities)) {
    const work = activity as (input: unknown) => Promise<unknown>;
    df.app.activity(name, {
      handler: ({ by, ...input }: WorksFor, context: InvocationContext) =>
        inAuditScope({ log: (line) => context.log(line), ...by }, () => work(input)),
    });
  }
}
