import type { SimulatorSettings } from '../../settings.js';

/** What takes its time. */
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

/** How long the stand-in takes for it where nobody wants to wait, in milliseconds of real time. */
const QUICK = 60;

/**
 * How long the services took, in milliseconds (docs/simulator.md, "Times"). Clients look at once and then every ten
 * seconds, so that a recording tells two bounds: of what was busy at first, nothing was busy after ten seconds but a
 * registry's deletion, which took up to thirteen.
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

/** Milliseconds that an operation takes by the settings. */
export function operationMilliseconds(
  settings: Pick<SimulatorSettings, 'pace' | 'operationMilliseconds'>,
  kind: OperationKind,
): number {
  return settings.operationMilliseconds ?? (settings.pace === 'azure' ? RECORDED[kind] : QUICK);
}

/** Seconds that the services ask clients to wait between two polls (recorded wherever the header was not dropped). */
export const RETRY_AFTER = '10';
