import { failed, retryLater, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

/** Hands something to a device's channel. A failure says so, since a device that was never asked has not failed. */
export async function delivering<T>(send: () => Promise<StepOutcome<T>>): Promise<StepOutcome<T>> {
  const outcome = await outcomeOf(send);
  const told = (reason: string): string => `cannot reach the device's channel: ${reason}`;
  switch (outcome.kind) {
    case 'retryLater':
      return retryLater(told(outcome.reason), outcome.afterSeconds);
    case 'failed':
      return failed('signal-undeliverable', told(outcome.message));
    case 'done':
      return outcome;
  }
}
