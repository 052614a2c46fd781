import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import {
  addPolled,
  removePolled,
  type PollerIndexOperation,
  type PollerIndexRequests,
  type PollerIndexState,
} from '../domain/polling/pollerIndex.js';

/** The entity of one poller: lists the clients whose records name it. It calls no service and never throws. */
export async function pollerIndex(
  operation: PollerIndexOperation,
  request: PollerIndexRequests[PollerIndexOperation],
  state: PollerIndexState,
): Promise<{ readonly state: PollerIndexState; readonly outcome: StepOutcome<object> }> {
  switch (operation) {
    case 'add':
      // The sender's types guarantee that the request belongs to the operation.
      return addPolled(state, request as PollerIndexRequests['add']);
    case 'remove':
      return { state: removePolled(state, request as PollerIndexRequests['remove']), outcome: done({}) };
  }
}
