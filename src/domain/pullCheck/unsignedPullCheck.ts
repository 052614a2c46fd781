import type { PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { deriveReportKey, type ReportKeys } from './reportKey.js';

/** A pull check request without the key for its report, so that it may be kept in the durable history. */
export type UnsignedPullCheck = Omit<PullCheckRequested, 'keyId' | 'reportKey'>;

/** Adds the report key, derived from the request: equal input gives equal output. */
export function toPullCheckRequest(unsigned: UnsignedPullCheck, { signing }: ReportKeys): PullCheckRequested {
  const { operation, attempt, expiresAt } = unsigned;
  const reportKey = deriveReportKey(signing, { operation, attempt, expiresAt });
  return { ...unsigned, keyId: signing.id, reportKey };
}
