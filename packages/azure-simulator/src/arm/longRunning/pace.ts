import type { SimulatorSettings } from '../../settings.js';

/** Kinds of asynchronous operations. */
export type OperationKind =
  | 'registryPut'
  | 'registryDelete'
  | 'childPut'
  | 'childPatch'
  | 'childDelete'
  | 'replication'
  | 'generateCredentials'
  | 'eventGrid'
  | 'secretDelete';

/** Milliseconds of real time that an operation takes in the quick pace. */
const QUICK = 60;

/**
 * Milliseconds that the services took (docs/simulator.md, "Times"). Clients poll immediately and then every ten
 * seconds, so a recording gives two bounds. Of the operations that were busy at first, only deletions of registries
 * were still busy after ten seconds; they took up to thirteen.
 */
const RECORDED: Readonly<Record<OperationKind, number>> = {
  registryPut: 5_000,
  registryDelete: 10_000,
  childPut: 5_000,
  childPatch: 5_000,
  childDelete: 1_500,
  replication: 5_000,
  generateCredentials: 5_000,
  eventGrid: 5_000,
  secretDelete: 10_000,
};

/** Milliseconds that an operation takes according to the settings. */
export function operationMilliseconds(
  settings: Pick<SimulatorSettings, 'pace' | 'operationMilliseconds'>,
  kind: OperationKind,
): number {
  return settings.operationMilliseconds ?? (settings.pace === 'azure' ? RECORDED[kind] : QUICK);
}

/** Seconds that the services ask clients to wait between two polls (recorded wherever the header was kept). */
export const RETRY_AFTER = '10';
