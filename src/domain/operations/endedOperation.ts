import type { OperationFailure, OperationKind, OperationStatus } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';

/** How a run ended, in short: what stays known of it when its instance is used again, or purged. Times are ISO 8601. */
export interface EndedOperation {
  /** `{instance}.{run}`. */
  readonly id: string;
  readonly kind: OperationKind;
  /** Who asked for it, for the audit. */
  readonly actor: string;
  /** Absent of what is not about one client. */
  readonly client?: ClientReference;
  /** When it was asked for. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly status: Exclude<OperationStatus, 'running'>;
  readonly failure?: FailureInShort;
  /** Of a run that waited for another one and attached to it: the operation that does its work. */
  readonly startedAs?: string;
}

/** What of a failure is recorded. */
export type FailureInShort = Pick<OperationFailure, 'code' | 'message' | 'residue' | 'disabled'>;

/** A record holds so many, the newest. With the bounds below they stay under 30 KB; the engine keeps 64 KB in one row. */
export const MAX_ENDED = 20;

/** Characters of a message or of one thing that is left, and how many things are named. */
const BOUNDS = { message: 300, residue: 160, items: 5 } as const;

/** The failure in short: the whole of it is in the run's own answer, as long as the engine keeps that. */
export function shortFailure({ code, message, residue, disabled }: FailureInShort): FailureInShort {
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

/** Adds an end to those that are known, oldest first. One that is known stays as it is. */
export function withEnded(known: readonly EndedOperation[], ended: EndedOperation): readonly EndedOperation[] {
  return isEndKnown(known, ended) ? known : [...known, ended].slice(-MAX_ENDED);
}

export function isEndKnown(known: readonly EndedOperation[], { id }: Pick<EndedOperation, 'id'>): boolean {
  return known.some((one) => one.id === id);
}

/** Seconds from the request to the end. */
export function secondsTaken({ startedAt, endedAt }: Pick<EndedOperation, 'startedAt' | 'endedAt'>): number {
  return Math.max(0, Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000));
}
