import { failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

/** Sends a message to a device's channel. Failures name the channel, since the device itself has not failed. */
export async function delivering<T>(send: () => Promise<StepOutcome<T>>): Promise<StepOutcome<T>> {
  const outcome = await outcomeOf(send);
  const describe = (reason: string): string => `cannot reach the device's channel: ${reason}`;
  switch (outcome.kind) {
    case 'retryLater':
      return { ...outcome, reason: describe(outcome.reason) };
    case 'failed':
      return failed('signal-undeliverable', describe(outcome.message));
    case 'done':
      return outcome;
  }
}
