import { z } from 'zod';
import type { HttpsJson } from './httpsJson.js';

const counts = z.record(z.string(), z.number());
const service = z.object({ total: z.number(), kinds: counts, operations: counts, asynchronous: z.number() });
const report = z.object({ principals: z.record(z.string(), z.record(z.string(), service)) });

/** ARM requests of one identity, by kind (read, write, delete, action, poll) and by operation. */
export interface ArmRequests {
  kinds: Record<string, number>;
  operations: Record<string, number>;
  /**
   * Reads, except polls; of the operator's also except the read that the Azure CLI makes at the end of an asynchronous
   * write.
   */
  reads: number;
  /** Requests that change something. */
  writes: number;
}

/** Returns the control plane's counters since {@link forgetRequests}, for one identity. */
export async function countArmRequests(
  azureUrl: string,
  https: HttpsJson,
  identity: 'app' | 'operator' = 'app',
): Promise<ArmRequests> {
  const answer = await https(`${azureUrl}/_control/requests`);
  const {
    kinds = {},
    operations = {},
    asynchronous = 0,
  } = report.parse(answer.body).principals[identity]?.['arm'] ?? {};
  const { read = 0, write = 0, action = 0, delete: deletes = 0 } = kinds;
  return {
    kinds,
    operations,
    reads: identity === 'operator' ? read - asynchronous : read,
    writes: write + action + deletes,
  };
}

/** Resets the counters. */
export async function forgetRequests(azureUrl: string, https: HttpsJson): Promise<void> {
  await https(`${azureUrl}/_control/requests`, { method: 'DELETE' });
}
