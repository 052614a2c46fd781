import type { DurableClient } from 'durable-functions';
import { SWEEP_INSTANCE, type SweepOutcome } from '../../domain/rotation/sweep.js';
import { readInstance } from './runStatus.js';

/** The present sweep, or the last one. */
export interface SweepStatus {
  readonly runtimeStatus: string;
  /** Of one that has ended as it should. */
  readonly outcome?: SweepOutcome;
}

export async function readSweep(client: DurableClient): Promise<SweepStatus | undefined> {
  const found = await readInstance(client, SWEEP_INSTANCE);
  if (!found) return undefined;
  const { runtimeStatus, output } = found;
  return { runtimeStatus, ...(isOutcome(output) ? { outcome: output } : {}) };
}

/** Written by the sweep itself, so one field stands for the rest of the shape. */
function isOutcome(value: unknown): value is SweepOutcome {
  return typeof value === 'object' && value !== null && 'endedAt' in value;
}
