import type { ReportKeys } from '../domain/reportKey.js';
import { deriveReportKey } from '../domain/reportKey.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Ports } from '../ports/ports.js';
import { outcomeOf } from '../ports/outcomeOf.js';

export interface RequestPullCheckInput {
  readonly operation: string;
  readonly run: string;
  readonly attempt: number;
  readonly client: string;
  readonly connectedRegistry: string;
  readonly secret: { readonly name: string; readonly version: string };
  readonly image: string;
  readonly expiresAt: string;
}

/** Asks the device to pull. The report key is derived here, so that it never stands in the durable history. */
export function requestPullCheck({ devices }: Ports, reportKeys: ReportKeys) {
  return (input: RequestPullCheckInput): Promise<StepOutcome<{ readonly keyId: string }>> =>
    outcomeOf(async () => {
      const { operation, attempt, expiresAt } = input;
      const keyId = reportKeys.signing.id;
      const reportKey = deriveReportKey(reportKeys.signing, { operation, attempt, expiresAt });
      await devices.requestPullCheck(`${operation}.${attempt}`, { ...input, keyId, reportKey });
      return done({ keyId });
    });
}
