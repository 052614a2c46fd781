import type { ClientReference } from '../domain/clientKey.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Ports } from '../ports/ports.js';
import type { RunToken } from '../queries/clientAccess.js';
import { readEnabledAccess, type EnabledAccess } from '../queries/enabledAccess.js';
import { outcomeOf } from '../ports/outcomeOf.js';

export interface FindAccessInput {
  readonly reference: ClientReference;
  /** The token of the run in progress. */
  readonly run?: RunToken;
}

/** Finds the client's tokens and secrets that are enabled. */
export function findAccess(ports: Ports) {
  return ({ reference, run }: FindAccessInput): Promise<StepOutcome<EnabledAccess>> =>
    outcomeOf(async () => done(await readEnabledAccess(ports, reference, run)));
}
