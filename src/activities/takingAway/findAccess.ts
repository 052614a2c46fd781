import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { EnabledAccess } from '../../domain/revocation/enabledAccess.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { clientPorts } from '../../ports/vaults.js';
import type { Queries } from '../../queries/queries.js';
import type { OtherTokens } from '../../queries/clients/clientAccess.js';
import { readEnabledAccess } from '../../queries/clients/enabledAccess.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';

interface FindAccessInput extends OtherTokens, InVault {
  readonly reference: ClientReference;
  /** Whether to continue if something cannot be read. */
  readonly goesOn?: boolean;
}

/** Finds the resources that give the client access. */
export function findAccess(ports: Ports, { tokenUsers }: Pick<Queries, 'tokenUsers'>) {
  return ({ vaultHost, reference, goesOn = false, ...others }: FindAccessInput): Promise<StepOutcome<EnabledAccess>> =>
    outcomeOf(async () =>
      done(await readEnabledAccess(clientPorts(ports, vaultHost), tokenUsers, reference, others, goesOn)),
    );
}
