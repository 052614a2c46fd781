import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { unknownClientText } from '../../domain/clients/unknownClient.js';
import type { Run } from '../../domain/operations/run.js';
import { orUndefined, StepFailed, type Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';

/**
 * The failure of a run whose client nothing knows: its device has another name. The message names clients that may have
 * been meant, or says that they could not be looked up.
 *
 * @param effect a sentence that says what was not done
 */
export function* clientUnknown(run: RunContext<Run>, effect: string): Flow<StepFailed> {
  const reference = referenceOf(run.input.request);
  const near = yield* orUndefined(() => run.activities.findNearClients({ reference }));
  const { message, fix } = unknownClientText(reference, near ?? {});
  return new StepFailed('client-unknown', `${message} ${effect} ${fix}`);
}
