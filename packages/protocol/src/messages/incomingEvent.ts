import { parseEnvelope, type EventEnvelope } from './eventEnvelope.js';

/** An event as the app reads it. */
export interface IncomingEvent extends Omit<EventEnvelope, 'time'> {
  /** ISO 8601, UTC; never later than `now`, because the sender's clock may be wrong. */
  readonly at?: string;
}

/** Parses an event in Event Grid's schema or as a CloudEvent 1.0; undefined if it is neither. */
export function parseEvent(event: unknown, now: Date): IncomingEvent | undefined {
  const parsed = parseEnvelope(event);
  if (!parsed) return undefined;
  const { time, ...rest } = parsed;
  if (time === undefined) return rest;
  return { ...rest, at: new Date(Math.min(Date.parse(time), now.getTime())).toISOString() };
}
