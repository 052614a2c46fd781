import * as df from 'durable-functions';
import type { StepOutcome } from '../domain/operations/stepOutcome.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import { inAuditScope, logOf } from '../audit/audit.js';

/** An entity's operation as a function of its state, which returns the new state and the outcome. It must not throw. */
type EntityWork<Call, State> = (
  call: Call,
  state: State,
  now: Date,
  key: string,
) => Promise<{
  readonly state: State;
  readonly outcome: StepOutcome<unknown>;
  /** Whether the entity is deleted after the operation. */
  readonly isDropped?: boolean;
  /** Operations of other entities that the change brings about. The engine keeps state and signals together. */
  readonly signals?: readonly EntitySignal[];
}>;

/** An operation of another entity, which nobody waits for. */
export interface EntitySignal {
  /** In lower case: a signal from an entity reaches no other spelling. */
  readonly entity: { readonly name: string; readonly key: string };
  readonly operation: string;
  readonly request: object;
}

/** A call, and the entity that is called. */
type PlacedCall<Call, State> = Call & {
  /** Identifies the entity among all. */
  readonly entity: string;
  /** Its key among those of its name. */
  readonly key: string;
  readonly state: State;
};

/**
 * Runs an operation in its turn. If its turn comes later, the work is not started, and the outcome says when to repeat
 * it.
 */
type EntityTurn<Call, State> = (
  call: PlacedCall<Call, State>,
  work: () => Promise<StepOutcome<unknown>>,
) => Promise<StepOutcome<unknown>>;

/**
 * Registers an entity that returns typed outcomes. Errors do not work here: the engine passes an error thrown in an
 * entity to the caller as `[object Object]` and discards the operation's state change.
 */
export function registerEntity<Call extends { readonly operation: string; readonly request: WorksFor }, State>(
  name: string,
  initial: State,
  work: EntityWork<Call, State>,
  inTurn: EntityTurn<Call, State> = (_call, work) => work(),
): void {
  // The SDK awaits the handler, though its type does not say so; operations of a batch run one after another.
  const handler = async (context: df.EntityContext<State>): Promise<void> => {
    const request = context.df.getInput<Call['request']>();
    if (!request) return;
    const stored = context.df.getState(() => initial) ?? initial;
    const { priority: _priority, ...by } = request.by;
    const scope = { log: logOf(context), ...by };
    // Only this app calls the entity: the types of what it sends guarantee that the request is that of the operation.
    const called = { operation: context.df.operationName, request } as Call;
    let state = stored;
    let isDropped = false;
    let signals: readonly EntitySignal[] = [];
    // Runs that wait for one entity share its turn, since its next write may serve them all.
    const { entityKey: key } = context.df;
    const placed = { ...called, entity: `${name} ${key}`, key, state };
    const outcome = await inAuditScope(scope, () =>
      inTurn(placed, async () => {
        const done = await work(called, stored, new Date(), key);
        state = done.state;
        isDropped = done.isDropped === true;
        if (done.signals) signals = done.signals;
        return done.outcome;
      }),
    );
    for (const { entity, operation, request: input } of signals)
      context.df.signalEntity(new df.EntityId(entity.name, entity.key), operation, { ...input, by: request.by });
    context.df.setState(state);
    context.df.return(outcome);
    // Last, since setState and return both make the entity exist.
    if (isDropped) context.df.destructOnExit();
  };
  df.app.entity<State>(name, handler as (context: df.EntityContext<State>) => void);
}
