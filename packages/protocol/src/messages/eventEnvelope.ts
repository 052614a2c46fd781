import { z } from 'zod';
import { parseJson } from '../json/parseJson.js';

const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'is not a time');
const optionalText = z.string().nullish();
const optionalInstant = instant.nullish();

/** The parts of an event that are read, for both schemas. `data` is undefined if it is absent or null. */
export interface EventEnvelope {
  readonly type: string;
  readonly id: string;
  readonly data: unknown;
  readonly subject?: string;
  readonly source?: string;
  /** The time in the event, by the sender's clock. */
  readonly time?: string;
}

/**
 * Event Grid's schema, and CloudEvents 1.0 in structured mode. `data` is optional in both. Sources: Azure docs,
 * event-grid/event-schema and cloud-event-schema; CloudEvents 1.0, "JSON Event Format", 3.1.
 */
const eitherSchema = z.union([
  z
    .looseObject({
      eventType: z.string(),
      id: z.string(),
      data: z.unknown().optional(),
      subject: optionalText,
      topic: optionalText,
      eventTime: optionalInstant,
    })
    .transform(({ eventType, topic, eventTime, ...rest }) => ({
      ...rest,
      type: eventType,
      source: topic,
      time: eventTime,
    })),
  z.looseObject({
    specversion: z.literal('1.0'),
    type: z.string(),
    id: z.string(),
    data: z.unknown().optional(),
    data_base64: optionalText,
    subject: optionalText,
    source: optionalText,
    time: optionalInstant,
  }),
]);

/** The error text for a value that is not an event. */
export const NO_EVENT = "is neither an event of Event Grid's schema nor a CloudEvent 1.0";

/** Parses one event; undefined if it has neither schema. */
export function parseEnvelope(value: unknown): EventEnvelope | undefined {
  const parsed = eitherSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { type, id, subject, source, time } = parsed.data;
  return {
    type,
    id,
    data: dataOf(parsed.data) ?? undefined,
    ...(typeof subject === 'string' ? { subject } : {}),
    ...(typeof source === 'string' ? { source } : {}),
    ...(typeof time === 'string' ? { time } : {}),
  };
}

/** A CloudEvent may have its JSON data in base64 instead (CloudEvents 1.0, "JSON Event Format", 3.1.1). */
function dataOf({ data, data_base64: encoded }: { data?: unknown; data_base64?: unknown }): unknown {
  return typeof encoded === 'string' ? parseJson(Buffer.from(encoded, 'base64').toString('utf8')) : data;
}

/**
 * Parses a CloudEvent in binary mode: headers are its attributes, the body is its data. Returns undefined if the
 * headers are not those of a CloudEvent. Source: CloudEvents 1.0, "HTTP Protocol Binding", 3.1.
 */
export function parseBinaryEnvelope(
  headers: Readonly<Record<string, unknown>>,
  body: string,
): EventEnvelope | undefined {
  const attribute = (name: string) => decoded(headers[`ce-${name}`]);
  return parseEnvelope({
    specversion: attribute('specversion'),
    type: attribute('type'),
    id: attribute('id'),
    source: attribute('source'),
    subject: attribute('subject'),
    time: attribute('time'),
    ...(body.trim() === '' ? {} : { data: parseJson(body) }),
  });
}

/** Whether a request declares a CloudEvent in binary mode. */
export function isBinaryMode(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['ce-specversion'] !== undefined;
}

/** Header values are percent-encoded ("HTTP Protocol Binding", 3.1.3.2). */
function decoded(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
