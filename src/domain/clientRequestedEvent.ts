import { z } from 'zod';

/** Type of the event that asks for an onboarding. */
export const CLIENT_REQUESTED = 'ConnectedRegistry.ClientRequested';

/** The part of an event that we look at, from either schema. Source: Azure docs, event-grid/event-schema and cloud-event-schema. */
const eitherSchema = z.union([
  z
    .looseObject({ eventType: z.string(), id: z.string(), data: z.unknown() })
    .transform(({ eventType, id, data }) => ({ type: eventType, id, data })),
  z
    .looseObject({ specversion: z.literal('1.0'), type: z.string(), id: z.string(), data: z.unknown() })
    .transform(({ type, id, data }) => ({ type, id, data })),
]);

export interface IncomingEvent {
  readonly type: string;
  readonly id: string;
  readonly data: unknown;
}

/** An event in Event Grid's schema or as a CloudEvent 1.0; undefined when it is neither. */
export function parseEvent(event: unknown): IncomingEvent | undefined {
  const parsed = eitherSchema.safeParse(event);
  return parsed.success ? parsed.data : undefined;
}
