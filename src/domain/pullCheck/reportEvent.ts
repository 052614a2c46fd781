import { shortHash } from '@connected-registry/protocol/names/clientKey';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { parseImage } from '@connected-registry/protocol/names/image';

/** What the report route hands to the run that waits for it. */
export interface ReportEvent {
  readonly hash: string;
  readonly report: PullCheckReport;
}

/** Stands for an image that was not asked for. */
const ANOTHER_IMAGE = 'another image';

/** A name and a version, as agents have them. */
const AGENT = /^[A-Za-z][A-Za-z0-9-]{0,40}\/[0-9][0-9A-Za-z.+-]{0,20}$/;

/**
 * What of a report goes into the durable history and, as a reason, into answers. A device's own words do not: it holds a
 * password, and may write that into any of them. @param asked the image that was asked for; undefined where it is not known.
 */
export function historyOf(report: PullCheckReport, asked: string | undefined): PullCheckReport {
  const isKnown = asked === undefined ? parseImage(report.image) !== undefined : report.image === asked;
  return {
    ...report,
    image: isKnown ? report.image : ANOTHER_IMAGE,
    agent: AGENT.test(report.agent) ? report.agent : 'unknown',
  };
}

/** Names carry run and attempt, so that a late report cannot be taken for a later attempt's. */
export function reportEventName(run: string, attempt: number): string {
  return `report-${run}-${attempt}`;
}

/** Equal for equal content, whatever the order of its fields. */
export function reportHash(report: PullCheckReport): string {
  return shortHash([Object.entries(report).sort(([left], [right]) => (left < right ? -1 : 1))], 12);
}
