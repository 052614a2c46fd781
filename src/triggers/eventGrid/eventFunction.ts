import type { InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { z } from 'zod';
import { errorPlace } from '../../serviceErrors/errorPlace.js';
import { parseEvent, type IncomingEvent } from '@connected-registry/protocol/messages/incomingEvent';
import { inAuditScope } from '../../audit/audit.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { fieldErrors } from '../http/answers/problem.js';
import type { FieldError } from '../http/answers/problemDetails.js';

/** What became of an event, in a word that logs are counted by. */
export interface Verdict {
  /** `refused` ones should not have come like this; the rest is as it should be. */
  readonly kind: 'taken' | 'ignored' | 'refused';
  readonly decision: Decision;
  readonly profile?: string;
  /** What was started or attached to. */
  readonly operations?: readonly string[];
  readonly errors?: readonly FieldError[];
}

export type Decision =
  | 'started'
  | 'attached'
  | 'rotation-due'
  /** It is remembered, and nothing is to be started. */
  | 'noted'
  /** Its work was done before. */
  | 'repeated'
  /** Something newer was done since. */
  | 'stale'
  | 'device-gone'
  | 'device-exists'
  | 'no-profile'
  /** The installation takes no such events from the request topic. */
  | 'not-accepted'
  | 'beyond-profile'
  | 'own-write'
  | 'not-new'
  | 'not-ours'
  /** Azure does not say when it was made, and nothing else shows that it is new. */
  | 'age-unknown'
  | 'no-event'
  | 'other-type'
  | 'invalid-data'
  | 'no-time'
  /** A service refuses what the event needs, for good. */
  | 'service-refused'
  | 'internal';

/** Takes events of one type. Throws {@link DeliverAgain} or a ServiceError for what a repetition can mend. */
export type EventHandler = (event: IncomingEvent, client: DurableClient) => Promise<Verdict>;

/** A repetition can mend it: Event Grid delivers what a function fails for again, with pauses, for a day. */
export class DeliverAgain extends Error {
  override readonly name = 'DeliverAgain';
}

/**
 * A function for the events of one source, by their types. One event that fails brings all of its delivery again, so this
 * fails for nothing but what a repetition can mend; everything else ends here, with a log line by which it is found again
 * (docs/decisions/0018-refused-events.md).
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

/** Faults of one event that are logged. */
const MAX_LOGGED = 50;

/** Longest attribute that is logged, in characters. A resource id has some two hundred; a sender may write a megabyte. */
const LONGEST_ATTRIBUTE = 400;

/** What an event is found again by. */
function attributesOf(event: IncomingEvent | undefined): Readonly<Record<string, string>> {
  const { id, type, subject, source } = event ?? {};
  const entries = Object.entries({ id, type, subject, source });
  return Object.fromEntries(
    entries.flatMap(([name, text]) => (text === undefined ? [] : [[name, text.slice(0, LONGEST_ATTRIBUTE)]])),
  );
}

async function judge(
  event: IncomingEvent,
  handlers: Readonly<Record<string, EventHandler>>,
  client: DurableClient,
  context: InvocationContext,
): Promise<Verdict> {
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
    // What the host would log and keep is not the error's own text, which may quote anything.
    if (!isOwnFault(error)) throw new DeliverAgain(`an unexpected ${place.name}; the event is to be delivered again`);
    return { kind: 'refused', decision: 'internal' };
  }
}

/** What JavaScript itself throws: the same event would meet it again. The engine's client throws plain errors. */
function isOwnFault(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
}

/** Data that do not fit their schema. @param help how each field must look. */
export function invalidData(error: z.ZodError, help: Readonly<Record<string, string>> = {}): Verdict {
  return { kind: 'refused', decision: 'invalid-data', errors: fieldErrors(error, help) };
}
