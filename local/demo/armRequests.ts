import { z } from 'zod';
import type { HttpsJson } from '../stack/httpsJson.js';

const counts = z.record(z.string(), z.number());
const report = z.object({
  principals: z.record(
    z.string(),
    z.record(z.string(), z.object({ total: z.number(), kinds: counts, operations: counts })),
  ),
});

/** What one identity asked ARM for, by kind (read, write, delete, action, poll) and by operation. */
export interface ArmRequests {
  kinds: Record<string, number>;
  operations: Record<string, number>;
}

/** The control plane's own count since {@link forgetRequests}, for the app's identity. */
export async function countArmRequests(azureUrl: string, https: HttpsJson): Promise<ArmRequests> {
  const answer = await https(`${azureUrl}/_control/requests`);
  const arm = report.parse(answer.body).principals['app']?.['arm'];
  return { kinds: arm?.kinds ?? {}, operations: arm?.operations ?? {} };
}

/** Starts the count again at zero. */
export async function forgetRequests(azureUrl: string, https: HttpsJson): Promise<void> {
  await https(`${azureUrl}/_control/requests`, { method: 'DELETE' });
}
