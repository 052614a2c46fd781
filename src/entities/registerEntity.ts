import * as df from 'durable-functions';
import type { StepOutcome } from '../domain/operations/stepOutcome.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import { inAuditScope, logOf } from '../audit/audit.js';

/** An entity as a function: what it remembers, and its answer. It must not throw. */
export type EntityWork<Operation, Request, State> = (
  operation: Operation,
  request: Request,
  state: State,
  now: Date,
) => Promise<{ readonly state: State; readonly outcome: StepOutcome<unknown> }>;

/**
 * Registers an entity that returns typed outcomes only: an error thrown in an entity reaches its caller as
 * `[object Object]`, and the state changes of a failed operation are dropped.
 */
export function registerEntity<Operation extends string, Request extends WorksFor, State>(
  name: string,
  initial: State,
  work: EntityWork<Operation, Request, State>,
): void {
  // The executor awaits the handler, which the SDK's type does not say; operations of a batch run one after another.
  const handler = async (context: df.EntityContext<State>): Promise<void> => {
    const request = context.df.getInput<Request>();
    if (!request) return;
    const remembered = context.df.getState(() => initial) ?? initial;
    const scope = { log: logOf(context), ...request.by };
    // Only our own flows send operations, by the names of the type.
    const operation = context.df.operationName as Operation;
    const { state, outcome } = await inAuditScope(scope, () => work(operation, request, remembered, new Date()));
    context.df.setState(state);
    context.df.return(outcome);
  };
  df.app.entity<State>(name, handler as (context: df.EntityContext<State>) => void);
}
