import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { aboutUnknown, type UnknownClient } from '../../domain/clients/unknownClient.js';
import { StepFailed, type Flow } from '../run/flow.js';
import type { StepRunner } from '../run/stepRunner.js';

/**
 * How a run ends about a client that nothing knows, as one of an event can be: its device has another name. The end names
 * the clients that may have been meant; where they cannot be looked up it says so.
 * @param what was not done, in words.
 */
export function* clientUnknown(runner: StepRunner, reference: ClientReference, what: string): Flow<StepFailed> {
  const { message, fix } = aboutUnknown(reference, yield* nearOrNothing(runner, reference));
  return new StepFailed('client-unknown', `${message} ${what} ${fix}`);
}

function* nearOrNothing(runner: StepRunner, reference: ClientReference): Flow<UnknownClient> {
  try {
    return yield* runner.steps.findNearClients({ reference });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return {};
  }
}
