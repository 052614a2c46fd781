import type { ClientReference } from '../domain/clientKey.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Ports } from '../ports/ports.js';
import type { OtherTokens } from '../queries/clientAccess.js';
import { readEnabledAccess, type EnabledAccess } from '../queries/enabledAccess.js';
import { outcomeOf } from '../ports/outcomeOf.js';

export interface FindAccessInput extends OtherTokens {
  readonly reference: ClientReference;
}

/** Finds the client's tokens and secrets that are enabled. */
export function findAccess(ports: Ports) {
  return ({ reference, ...others }: FindAccessInput): Promise<StepOutcome<EnabledAccess>> =>
    outcomeOf(async () => done(await readEnabledAccess(ports, reference, others)));
}
