import type { ClientReference } from '../domain/clientKey.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Ports } from '../ports/ports.js';
import type { SecretVersion } from '../ports/secretVault.js';
import { readClientAccess, type RunToken } from '../queries/clientAccess.js';
import { outcomeOf } from '../ports/outcomeOf.js';

export interface FindAccessInput {
  readonly reference: ClientReference;
  /** The token of the run in progress. */
  readonly run?: RunToken;
}

/** What gives a client access at this moment. */
export interface EnabledAccess {
  readonly tokens: readonly string[];
  readonly secrets: readonly SecretVersion[];
}

/** Finds the client's tokens and secrets that are enabled. */
export function findAccess(ports: Ports) {
  return ({ reference, run }: FindAccessInput): Promise<StepOutcome<EnabledAccess>> =>
    outcomeOf(async () => {
      const { tokens, secrets } = await readClientAccess(ports, reference, run);
      return done({
        tokens: tokens.filter(({ isEnabled }) => isEnabled).map(({ name }) => name),
        secrets: secrets
          .flatMap(({ versions }) => versions.filter(({ isEnabled }) => isEnabled))
          .map(({ name, version }) => ({ name, version })),
      });
    });
}
