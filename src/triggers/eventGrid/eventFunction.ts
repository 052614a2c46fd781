import type { InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { z } from 'zod';
import { errorPlace } from '../../serviceErrors/errorPlace.js';
import { isOwnFault } from '../../serviceErrors/ownFault.js';
import { parseEvent, type IncomingEvent } from '@connected-registry/protocol/messages/incomingEvent';
import { inAuditScope } from '../../audit/audit.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { fieldErrors } from '../http/answers/problem.js';
import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';

/** What was decided about an event. Logs are counted by `decision`. */
export interface EventVerdict {
  /** `refused`: the sender or the settings are wrong. The other two are normal. */
  readonly kind: 'taken' | 'ignored' | 'refused';
  readonly decision: Decision;
  readonly profile?: string;
  /** Ids of the operations that were started or attached to. */
  readonly operations?: readonly string[];
  readonly errors?: readonly FieldError[];
}

/** Why an event had its verdict. */
export type Decision =
  | 'started'
  | 'attached'
  | 'rotation-due'
  /** Recorded; nothing is started. */
  | 'noted'
  /** An earlier delivery did its work. */
  | 'repeated'
  /** A newer request replaced it. */
  | 'stale'
  | 'device-gone'
  | 'device-exists'
  | 'no-profile'
  /** The settings accept no such events from the request topic. */
  | 'not-accepted'
  | 'beyond-profile'
  | 'own-write'
  | 'not-new'
  | 'not-ours'
  /** Azure returns no creation time, and nothing else shows that the connected registry is new. */
  | 'age-unknown'
  | 'no-event'
  | 'other-type'
  | 'invalid-data'
  | 'no-time'
  /** A service permanently refused a call. */
  | 'service-refused'
  | 'internal';

/** Handles events of one type. @throws DeliverAgain, or a ServiceError, if a redelivery can succeed */
export type EventHandler = (event: IncomingEvent, client: DurableClient) => Promise<EventVerdict>;

/** An error after which a redelivery can succeed. Event Grid redelivers failed events, with delays, for a day. */
export class DeliverAgain extends Error {
  override readonly name = 'DeliverAgain';
}

/**
 * Creates the function for the events of one source. One failed event makes Event Grid redeliver its whole batch, so
 * the function fails only if a redelivery can succeed. All other events end here, with a log line that identifies them
 * (docs/decisions/0018-refused-events.md).
 * @param handlers by event type
 */
export function eventFunction(name: string, handlers: Readonly<Record<string, EventHandler>>) {
  return async (event: unknown, client: DurableClient, context: InvocationContext): Promise<void> => {
    const incoming = parseEvent(event, new Date());
    const verdict = incoming
      ? await inAuditScope({ log: (line) => context.log(line), actor: 'event' }, () =>
          judge(incoming, handlers, client, context),
        )
      : ({ kind: 'refused', decision: 'no-event' } as const);
    const { kind, errors, ...decided } = verdict;
    const rest = { ...decided, ...(errors === undefined ? {} : { errors: errors.slice(0, MAX_LOGGED) }) };
    const line = JSON.stringify({ event: `${name}.${kind}`, ...rest, ...attributesOf(incoming) });
    if (kind === 'refused') context.warn(line);
    else context.log(line);
  };
}

/** Maximum errors of one event that are logged. */
const MAX_LOGGED = 50;

/** Maximum characters of a logged attribute. A resource id has about 200; a sender may write a megabyte. */
const MAX_ATTRIBUTE_CHARACTERS = 400;

/** Attributes that identify an event in the log. */
function attributesOf(event: IncomingEvent | undefined): Readonly<Record<string, string>> {
  const { id, type, subject, source } = event ?? {};
  const entries = Object.entries({ id, type, subject, source });
  return Object.fromEntries(
    entries.flatMap(([name, text]) => (text === undefined ? [] : [[name, text.slice(0, MAX_ATTRIBUTE_CHARACTERS)]])),
  );
}

async function judge(
  event: IncomingEvent,
  handlers: Readonly<Record<string, EventHandler>>,
  client: DurableClient,
  context: InvocationContext,
): Promise<EventVerdict> {
  const handle = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined;
  if (!handle) return { kind: 'refused', decision: 'other-type' };
  try {
    return await handle(event, client);
  } catch (error) {
    if (error instanceof ServiceError && !error.isRetryable) {
      context.warn(
        JSON.stringify({ event: 'eventGrid.serviceRefused', ...attributesOf(event), reason: error.message }),
      );
      return { kind: 'refused', decision: 'service-refused' };
    }
    if (error instanceof ServiceError || error instanceof DeliverAgain) throw error;
    const place = errorPlace(error);
    context.error(JSON.stringify({ event: 'eventGrid.unexpectedError', ...attributesOf(event), ...place }));
    // The new error hides the original text from the host's log, since it may quote anything.
    if (!isOwnFault(error))
      throw new DeliverAgain(`an unexpected ${place.name} occurred; the event must be delivered again`);
    return { kind: 'refused', decision: 'internal' };
  }
}

/** The verdict on data that do not match their schema. @param help rule of each field, by name */
export function invalidData(error: z.ZodError, help: Readonly<Record<string, string>> = {}): EventVerdict {
  return { kind: 'refused', decision: 'invalid-data', errors: fieldErrors(error, help) };
}
