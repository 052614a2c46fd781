import type { FleetConnectedRegistry, InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import type { Judgement } from '../check/clientJudgement.js';

/** A client with a credential, as one reading of vault and ARM shows it. */
export interface FleetClient {
  /** What does not depend on runs. */
  readonly row: Omit<InventoryRow, 'state' | 'differences' | 'lastRun'>;
  /** By vault and ARM alone: a run in progress may explain the differences. */
  readonly judgement: Judgement;
  /** Host of the vault that has the secret: several vaults may have one of the same name. */
  readonly vaultHost: string;
}

/** The clients and connected registries, as one reading shows them. */
export interface FleetFacts {
  /** When the reading began: what they show is at least as new. */
  readonly from: Date;
  /** When it ended. */
  readonly to: Date;
  /** In the order of their keys. */
  readonly clients: readonly FleetClient[];
  /** By registry and name. */
  readonly connectedRegistries: readonly FleetConnectedRegistry[];
}
