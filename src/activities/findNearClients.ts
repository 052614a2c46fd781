import type { ClientReference } from '../domain/clientKey.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { UnknownClient } from '../domain/unknownClient.js';
import { outcomeOf } from '../ports/outcomeOf.js';
import type { Queries } from '../queries/queries.js';

/** Finds which clients may have been meant by a name that nothing knows. */
export function findNearClients({ findNear }: Pick<Queries, 'findNear'>) {
  return ({ reference }: { readonly reference: ClientReference }): Promise<StepOutcome<UnknownClient>> =>
    outcomeOf(async () => done(await findNear(reference)));
}
