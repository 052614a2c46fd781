import type { PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { deriveReportKey, type ReportKeys } from './reportKey.js';

/** What a device is asked, without the key that its report needs: fit for the durable history. */
export type PullCheckAsk = Omit<PullCheckRequested, 'keyId' | 'reportKey'>;

/** The request as the device gets it. Made twice from the same, it is the same. */
export function toPullCheckRequest(ask: PullCheckAsk, { signing }: ReportKeys): PullCheckRequested {
  const { operation, attempt, expiresAt } = ask;
  const reportKey = deriveReportKey(signing, { operation, attempt, expiresAt });
  return { ...ask, keyId: signing.id, reportKey };
}
