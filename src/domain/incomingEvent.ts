import { z } from 'zod';

const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'is not a time');

/** The part of an event that we look at, from either schema. Source: Azure docs, event-grid/event-schema and cloud-event-schema. */
const eitherSchema = z.union([
  z
    .looseObject({
      eventType: z.string(),
      id: z.string(),
      data: z.unknown(),
      subject: z.string().optional(),
      topic: z.string().optional(),
      eventTime: instant.optional(),
    })
    .transform(({ eventType, id, data, subject, topic, eventTime }) => ({
      type: eventType,
      id,
      data,
      subject,
      source: topic,
      time: eventTime,
    })),
  z
    .looseObject({
      specversion: z.literal('1.0'),
      type: z.string(),
      id: z.string(),
      data: z.unknown(),
      subject: z.string().optional(),
      source: z.string().optional(),
      time: instant.optional(),
    })
    .transform(({ type, id, data, subject, source, time }) => ({ type, id, data, subject, source, time })),
]);

export interface IncomingEvent {
  readonly type: string;
  readonly id: string;
  readonly data: unknown;
  readonly subject?: string;
  readonly source?: string;
  /** ISO 8601, UTC; never later than `now`, since whoever sends it may have any clock. */
  readonly at?: string;
}

/** An event in Event Grid's schema or as a CloudEvent 1.0; undefined when it is neither. */
export function parseEvent(event: unknown, now: Date): IncomingEvent | undefined {
  const parsed = eitherSchema.safeParse(event);
  if (!parsed.success) return undefined;
  const { type, id, data, subject, source, time } = parsed.data;
  const at = time === undefined ? undefined : new Date(Math.min(Date.parse(time), now.getTime())).toISOString();
  return {
    type,
    id,
    data,
    ...(subject === undefined ? {} : { subject }),
    ...(source === undefined ? {} : { source }),
    ...(at === undefined ? {} : { at }),
  };
}
