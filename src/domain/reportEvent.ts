import { shortHash } from './clientKey.js';
import type { PullCheckReport } from './pullCheckMessages.js';

/** What the report route hands to the run that waits for it. */
export interface ReportEvent {
  readonly hash: string;
  readonly report: PullCheckReport;
}

/** Names carry run and attempt, so that a late report cannot be taken for a later attempt's. */
export function reportEventName(run: string, attempt: number): string {
  return `report-${run}-${attempt}`;
}

/** Equal for equal content, whatever the order of its fields. */
export function reportHash(report: PullCheckReport): string {
  return shortHash([Object.entries(report).sort(([left], [right]) => (left < right ? -1 : 1))], 12);
}
