import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { UnknownClient } from '../../domain/clients/unknownClient.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Queries } from '../../queries/queries.js';

/** Finds known clients with names similar to an unknown one. */
export function findNearClients({ findNear }: Pick<Queries, 'findNear'>) {
  return ({ reference }: { readonly reference: ClientReference }): Promise<StepOutcome<UnknownClient>> =>
    outcomeOf(async () => done(await findNear(reference)));
}
