import { shortHash } from '@connected-registry/protocol/names/clientKey';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { parseImage } from '@connected-registry/protocol/names/image';

/** The event that the report route sends to the waiting run. */
export interface ReportEvent {
  readonly hash: string;
  readonly report: PullCheckReport;
}

/** Replaces the name of an image that was not requested. */
const ANOTHER_IMAGE = 'another image';

/** Agents identify themselves as `{name}/{version}`. */
const AGENT = /^[A-Za-z][A-Za-z0-9-]{0,40}\/[0-9][0-9A-Za-z.+-]{0,20}$/;

/**
 * Removes a device's free text from a report before it reaches the durable history or an answer: the device knows a
 * password and might write it into any field.
 * @param requested the requested image; undefined if it is not known
 */
export function sanitizeReport(report: PullCheckReport, requested: string | undefined): PullCheckReport {
  const isKnown = requested === undefined ? parseImage(report.image) !== undefined : report.image === requested;
  return {
    ...report,
    image: isKnown ? report.image : ANOTHER_IMAGE,
    agent: AGENT.test(report.agent) ? report.agent : 'unknown',
  };
}

/** Contains run and attempt, so that a late report cannot count for a later attempt. */
export function reportEventName(run: string, attempt: number): string {
  return `report-${run}-${attempt}`;
}

/** A hash that is equal for equal content, regardless of the order of fields. */
export function reportHash(report: PullCheckReport): string {
  return shortHash([Object.entries(report).sort(([left], [right]) => (left < right ? -1 : 1))], 12);
}
