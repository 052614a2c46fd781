import { ROTATE } from '../operations/run.js';

/** The client's current or last run, with which an event's request is compared. Times are ISO 8601. */
export interface EarlierRun {
  readonly kind: string;
  readonly fingerprint: string;
  readonly requestedAt: string;
  /** Time of the event that requested it; absent if an operator did. */
  readonly eventAt?: string;
  readonly hasEnded: boolean;
  /** Whether it ended with success. */
  readonly isCompleted: boolean;
}

/** The request of an event. */
interface RequestedByEvent {
  readonly kind: string;
  readonly fingerprint: string;
  /** The event's own time (ISO 8601). */
  readonly at: string;
}

/**
 * Compares an event with the client's last run, since events may be delivered late, twice and out of order.
 * @returns `repeated` if that run did what the event requests, `stale` if a newer request replaced it, undefined if the
 *   event must be processed
 */
export function compareWithLastRun(last: EarlierRun, requested: RequestedByEvent): 'repeated' | 'stale' | undefined {
  // A rotation only renews what the client has, so it fulfils no other request.
  if (last.kind === ROTATE && requested.kind !== ROTATE) return undefined;
  const isSame = last.kind === requested.kind && last.fingerprint === requested.fingerprint;
  const { eventAt } = last;
  if (!last.hasEnded) return eventAt !== undefined && eventAt > requested.at && !isSame ? 'stale' : undefined;
  if (eventAt !== undefined) {
    if (eventAt > requested.at) return 'stale';
    return eventAt === requested.at && isSame ? 'repeated' : undefined;
  }
  // The last run was an operator's. It overrides the event only if it is newer and succeeded.
  if (!last.isCompleted || requested.at > last.requestedAt) return undefined;
  return isSame ? 'repeated' : 'stale';
}
