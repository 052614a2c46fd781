import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { EntityCall } from '../domain/operations/entityCall.js';
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
import type { ControlRequests, ControlState, Directive } from '../domain/rollouts/controlState.js';

type ControlOperation = keyof ControlRequests;

type ControlWork = {
  readonly [Operation in ControlOperation]: (
    state: ControlState,
    request: ControlRequests[Operation],
    now: Date,
  ) => ControlState;
};

const WORK: ControlWork = {
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
  call: EntityCall<ControlRequests>,
  state: ControlState,
  now: Date,
): Promise<{ readonly state: ControlState; readonly outcome: StepOutcome<Directive>; readonly isDropped?: boolean }> {
  const next = changed(call, state, now);
  return { state: next, outcome: done(directiveOf(next)), ...(call.operation === 'drop' ? { isDropped: true } : {}) };
}

function changed<Operation extends ControlOperation>(
  { operation, request }: EntityCall<ControlRequests, Operation>,
  state: ControlState,
  now: Date,
): ControlState {
  return WORK[operation](state, request, now);
}
