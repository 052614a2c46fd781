import type { DurableClient } from 'durable-functions';
import { SWEEP_INSTANCE, type SweepOutcome } from '../../domain/rotation/sweep.js';
import { readInstance } from './runStatus.js';

/** Status of the current or last sweep. */
interface SweepStatus {
  readonly runtimeStatus: string;
  /** Present if it ended by itself. */
  readonly outcome?: SweepOutcome;
}

/** Reads the status of the current or last sweep; undefined if there was none. */
export async function readSweep(client: DurableClient): Promise<SweepStatus | undefined> {
  const found = await readInstance(client, SWEEP_INSTANCE);
  if (!found) return undefined;
  const { runtimeStatus, output } = found;
  return { runtimeStatus, ...(isOutcome(output) ? { outcome: output } : {}) };
}

/** The sweep itself writes the value, so checking one field is enough. */
function isOutcome(value: unknown): value is SweepOutcome {
  return typeof value === 'object' && value !== null && 'endedAt' in value;
}
