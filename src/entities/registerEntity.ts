import * as df from 'durable-functions';
import type { StepOutcome } from '../domain/operations/stepOutcome.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import { inAuditScope, logOf } from '../audit/audit.js';

/** An entity's operation as a function of its state, which returns the new state and the outcome. It must not throw. */
type EntityWork<Operation, Request, State> = (
  operation: Operation,
  request: Request,
  state: State,
  now: Date,
) => Promise<{ readonly state: State; readonly outcome: StepOutcome<unknown> }>;

/**
 * Registers an entity that returns typed outcomes. Errors do not work here: the engine passes an error thrown in an entity
 * to the caller as `[object Object]` and discards the operation's state change.
 */
export function registerEntity<Operation extends string, Request extends WorksFor, State>(
  name: string,
  initial: State,
  work: EntityWork<Operation, Request, State>,
): void {
  // The SDK awaits the handler, though its type does not say so; operations of a batch run one after another.
  const handler = async (context: df.EntityContext<State>): Promise<void> => {
    const request = context.df.getInput<Request>();
    if (!request) return;
    const stored = context.df.getState(() => initial) ?? initial;
    const scope = { log: logOf(context), ...request.by };
    // Only this app's orchestrations call the entity, with operations of this type.
    const operation = context.df.operationName as Operation;
    const { state, outcome } = await inAuditScope(scope, () => work(operation, request, stored, new Date()));
    context.df.setState(state);
    context.df.return(outcome);
  };
  df.app.entity<State>(name, handler as (context: df.EntityContext<State>) => void);
}
