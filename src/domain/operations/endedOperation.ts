import type { OperationFailure, OperationKind, OperationStatus } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';

/** Summary of an ended run, kept after its instance is reused or purged. Times are ISO 8601. */
export interface EndedOperation {
  /** `{instance}.{run}`. */
  readonly id: string;
  readonly kind: OperationKind;
  /** Who requested it, for the audit. */
  readonly actor: string;
  /** Absent if the operation is not about one client. */
  readonly client?: ClientReference;
  /** When it was requested. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly status: Exclude<OperationStatus, 'running'>;
  readonly failure?: FailureSummary;
  /** For a run that waited for another one: the operation that it started or attached to. */
  readonly startedAs?: string;
}

/** The recorded part of a failure. */
export type FailureSummary = Pick<OperationFailure, 'code' | 'message' | 'residue' | 'disabled'>;

/**
 * Maximum ended runs in a record; the newest are kept. With the bounds below they stay under 30 KB of the engine's 64
 * KB a row.
 */
const MAX_ENDED = 20;

/** Maximum characters of a message and of one residue item, and maximum items. */
const BOUNDS = { message: 300, residue: 160, items: 5 } as const;

/** Shortens a failure. The run's own answer has all of it, as long as the engine keeps the run. */
export function shortFailure({ code, message, residue, disabled }: FailureSummary): FailureSummary {
  return {
    code,
    message: shortened(message, BOUNDS.message),
    residue: firstOf(residue),
    ...(disabled ? { disabled: firstOf(disabled) } : {}),
  };
}

function firstOf(items: readonly string[]): readonly string[] {
  const named = items.slice(0, BOUNDS.items).map((item) => shortened(item, BOUNDS.residue));
  const more = items.length - named.length;
  return more === 0 ? named : [...named, `and ${more} more`];
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Appends an ended run, unless it is in the list. @param known oldest first */
export function withEnded(known: readonly EndedOperation[], ended: EndedOperation): readonly EndedOperation[] {
  return isEndKnown(known, ended) ? known : [...known, ended].slice(-MAX_ENDED);
}

/** Whether a run's end is in the list. */
export function isEndKnown(known: readonly EndedOperation[], { id }: Pick<EndedOperation, 'id'>): boolean {
  return known.some((one) => one.id === id);
}

/** Seconds from the request to the end of the run. */
export function secondsTaken({ startedAt, endedAt }: Pick<EndedOperation, 'startedAt' | 'endedAt'>): number {
  return Math.max(0, Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000));
}
