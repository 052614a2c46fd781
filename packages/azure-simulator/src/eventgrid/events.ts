import { z } from 'zod';

/** Event Grid's own schema (Azure docs: event-grid event-schema). The service sets `topic` and `metadataVersion`. */
export const gridEvent = z.looseObject({
  id: z.string().min(1),
  subject: z.string(),
  eventType: z.string().min(1),
  eventTime: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'must be a time'),
  dataVersion: z.string(),
  data: z.unknown(),
  topic: z.string().optional(),
});
export type GridEvent = z.output<typeof gridEvent>;

/** CloudEvents 1.0 in structured JSON (CloudEvents spec 1.0.2, section 3.1). */
export const cloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().min(1).optional(),
  time: z
    .string()
    .refine((text) => !Number.isNaN(Date.parse(text)), 'must be a time')
    .optional(),
});
export type CloudEvent = z.output<typeof cloudEvent>;

export type AnyEvent =
  { schema: 'EventGridSchema'; event: GridEvent } | { schema: 'CloudEventSchemaV1_0'; event: CloudEvent };

/** The fields that filters use. */
export function facts(any: AnyEvent): { type: string; subject: string } {
  return any.schema === 'EventGridSchema'
    ? { type: any.event.eventType, subject: any.event.subject }
    : { type: any.event.type, subject: any.event.subject ?? '' };
}

/** The event in CloudEvents delivery (Azure docs: event-grid cloudevents-schema, mapping from Event Grid's schema). */
export function asCloudEvent(any: AnyEvent, topic: string): object {
  if (any.schema === 'CloudEventSchemaV1_0') return any.event;
  const { id, subject, eventType, eventTime, dataVersion, data } = any.event;
  return {
    specversion: '1.0',
    id,
    source: topic,
    type: eventType,
    subject,
    time: eventTime,
    dataschema: `#${dataVersion}`,
    data,
  };
}

/** The event in delivery with Event Grid's schema. */
export function asGridEvent(any: AnyEvent, topic: string, published: string): object {
  if (any.schema === 'EventGridSchema') return { ...any.event, topic, metadataVersion: '1' };
  const { id, type, subject, time } = any.event;
  return {
    id,
    topic,
    subject: subject ?? '',
    eventType: type,
    eventTime: time ?? published,
    data: any.event['data'],
    dataVersion: '',
    metadataVersion: '1',
  };
}
