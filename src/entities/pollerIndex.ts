import type { EntityCall } from '../domain/operations/entityCall.js';
import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import {
  addPolled,
  removePolled,
  type PollerIndexRequests,
  type PollerIndexState,
} from '../domain/polling/pollerIndex.js';

/** The entity of one poller: lists the clients whose records name it. It calls no service and never throws. */
export async function pollerIndex(
  { operation, request }: EntityCall<PollerIndexRequests>,
  state: PollerIndexState,
): Promise<{ readonly state: PollerIndexState; readonly outcome: StepOutcome<object> }> {
  switch (operation) {
    case 'add':
      return addPolled(state, request);
    case 'remove':
      return { state: removePolled(state, request), outcome: done({}) };
  }
}
