/**
 * The messages between orchestrations and entities, as JSON text. The texts are part of histories, so the order of
 * their fields and the .NET type names matter (public source: RequestMessage.cs, ResponseMessage.cs, ReleaseMessage.cs
 * of the Durable Task extension).
 */
import { withEscapedSeparators } from '../json/jsonWriter.js';
import type { EntityId } from '../entityId.js';

const space = 'Microsoft.Azure.WebJobs.Extensions.DurableTask';
const typeName = (name: string): string => `${space}.${name}, ${space}`;

/** An operation, a signal, or a lock request (with `lockset`). */
export interface RequestMessage {
  op: string | null;
  signal: boolean;
  /** JSON text. */
  input: string | null;
  id: string;
  /** The instance that sent it; absent if a client did. */
  parent?: string;
  parentExecution?: string | null;
  /** Earliest time of delivery (ISO 8601). */
  due?: string;
  Timestamp?: string;
  Predecessor?: string;
  lockset?: readonly EntityId[];
  /** Number of entities of the lock set that have granted the lock. */
  pos?: number;
  requestTime?: string;
}

const textOf = (message: object): string => withEscapedSeparators(JSON.stringify(message));

const never = '0001-01-01T00:00:00';

/** Serializes a request. */
export function requestMessageText(message: RequestMessage): string {
  const { op, signal, input, id, parent, parentExecution, due, lockset, pos, requestTime } = message;
  return textOf({
    $type: typeName('RequestMessage'),
    op,
    ...(signal ? { signal } : {}),
    ...(input === null ? {} : { input }),
    id,
    ...(parent === undefined ? {} : { parent }),
    ...(typeof parentExecution === 'string' ? { parentExecution } : {}),
    ...(due === undefined ? {} : { due }),
    Timestamp: message.Timestamp ?? never,
    Predecessor: message.Predecessor ?? never,
    ...(lockset === undefined
      ? {}
      : { lockset: lockset.map(({ name, key }) => ({ $type: typeName('EntityId'), name, key })) }),
    ...(pos === undefined || pos === 0 ? {} : { pos }),
    ...(requestTime === undefined ? {} : { requestTime }),
  });
}

/** Parses a request; undefined if the text is not a request. */
export function parseRequest(text: string | null): RequestMessage | undefined {
  const value: unknown = text === null ? undefined : JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string') return undefined;
  const fields = value as Partial<RequestMessage>;
  return {
    ...fields,
    op: fields.op ?? null,
    signal: fields.signal === true,
    input: fields.input ?? null,
    id: value.id,
  };
}

/** The answer to a call. `exceptionType` is set when the operation threw. */
export function responseText(result: string | null, failed: boolean): string {
  return textOf({
    $type: typeName('ResponseMessage'),
    result,
    ...(failed ? { exceptionType: 'Error' } : {}),
  });
}

/** The text that releases a lock. */
export function releaseText(parent: string, lockRequestId: string): string {
  return textOf({ $type: typeName('ReleaseMessage'), parent, id: lockRequestId });
}

/** The instance that releases a lock. */
export function releasingInstance(text: string | null): string | undefined {
  const value: unknown = text === null ? undefined : JSON.parse(text);
  return typeof value === 'object' && value !== null && 'parent' in value && typeof value.parent === 'string'
    ? value.parent
    : undefined;
}

/**
 * Labels that define the order of one sender's messages to one target. .NET's ticks (100 ns) make several messages of
 * one millisecond distinct.
 */
export class MessageLabels {
  readonly #last = new Map<string, { time: number; tick: number }>();

  next(target: string, now: number): { Timestamp: string; Predecessor: string } {
    const last = this.#last.get(target);
    const label =
      last !== undefined && last.time >= now ? { time: last.time, tick: last.tick + 1 } : { time: now, tick: 0 };
    this.#last.set(target, label);
    return { Timestamp: ticksText(label), Predecessor: last === undefined ? never : ticksText(last) };
  }
}

const ticksText = ({ time, tick }: { time: number; tick: number }): string =>
  `${new Date(time).toISOString().slice(0, -1)}${String(tick).padStart(4, '0')}Z`;
