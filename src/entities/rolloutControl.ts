import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import {
  abandoned,
  commanded,
  directiveOf,
  ended,
  NO_CONTROL,
  opened,
  refused,
  reported,
  stopped,
} from '../domain/rollouts/control.js';
import type { ControlRequests, ControlState, Directive } from '../domain/rollouts/rollout.js';

type ControlOperation = keyof ControlRequests;
type ControlRequest = ControlRequests[ControlOperation] & WorksFor;

type Work = {
  readonly [Operation in ControlOperation]: (
    state: ControlState,
    request: ControlRequests[Operation],
    now: Date,
  ) => ControlState;
};

const WORK: Work = {
  read: (state) => state,
  open: opened,
  refuse: refused,
  command: commanded,
  report: reported,
  stop: stopped,
  abandon: abandoned,
  end: ended,
  drop: () => NO_CONTROL,
};

/** The entity of one rollout: what operators asked for, and how it stands. It calls no service and never throws. */
export async function rolloutControl(
  operation: ControlOperation,
  request: ControlRequest,
  state: ControlState,
  now: Date,
): Promise<{ readonly state: ControlState; readonly outcome: StepOutcome<Directive>; readonly isDropped?: boolean }> {
  // The sender's types guarantee that the request belongs to the operation.
  const work = WORK[operation] as (state: ControlState, request: ControlRequest, now: Date) => ControlState;
  const next = work(state, request, now);
  return { state: next, outcome: done(directiveOf(next)), ...(operation === 'drop' ? { isDropped: true } : {}) };
}
