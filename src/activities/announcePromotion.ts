import type { CredentialPromoted } from '../domain/pullCheckMessages.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Ports } from '../ports/ports.js';
import { outcomeOf } from '../ports/outcomeOf.js';

/** Tells the device that its main secret has a new version. */
export function announcePromotion({ devices }: Ports) {
  return (message: CredentialPromoted): Promise<StepOutcome<{ readonly published: true }>> =>
    outcomeOf(async () => {
      await devices.announcePromotion(`${message.operation}.promoted`, message);
      return done({ published: true });
    });
}
