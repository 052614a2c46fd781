import { ROTATE } from '../operations/run.js';

/** The run that holds a client, or was the last to, as an event's own run is compared with it. Times are ISO 8601. */
export interface EarlierRun {
  readonly kind: string;
  readonly fingerprint: string;
  readonly requestedAt: string;
  /** Absent when an operator asked for it. */
  readonly eventAt?: string;
  readonly hasEnded: boolean;
  /** It has ended with what was asked for. */
  readonly isCompleted: boolean;
}

/** What an event asks for. */
export interface RequestedByEvent {
  readonly kind: string;
  readonly fingerprint: string;
  /** The event's own time (ISO 8601). */
  readonly at: string;
}

/**
 * Whether an event's work is done (`repeated`), or something newer has taken its place (`stale`): events come late, twice
 * and out of order. Undefined where the event still has something to say.
 */
export function overtakenBy(last: EarlierRun, requested: RequestedByEvent): 'repeated' | 'stale' | undefined {
  // A rotation gives the client what it has already: it is no answer to any other wish.
  if (last.kind === ROTATE && requested.kind !== ROTATE) return undefined;
  const isSame = last.kind === requested.kind && last.fingerprint === requested.fingerprint;
  const { eventAt } = last;
  if (!last.hasEnded) return eventAt !== undefined && eventAt > requested.at && !isSame ? 'stale' : undefined;
  if (eventAt !== undefined) {
    if (eventAt > requested.at) return 'stale';
    return eventAt === requested.at && isSame ? 'repeated' : undefined;
  }
  // An operator has asked since, and has got it.
  if (!last.isCompleted || requested.at > last.requestedAt) return undefined;
  return isSame ? 'repeated' : 'stale';
}
