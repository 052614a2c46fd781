import type { Operation, OperationKind, Step } from '@connected-registry/protocol/answers/answers';

/** A step of an operation, placed in its time. */
export interface TimelineEntry {
  readonly step: Step;
  /** The step's name in words. */
  readonly label: string;
  /** Milliseconds from the request to its start; absent if one of the two cannot be read. */
  readonly after?: number;
  /** Milliseconds that it took, or has taken so far; absent if that cannot be told. */
  readonly took?: number;
  /** Milliseconds in which no step was in progress before it, if a second or more. */
  readonly pause?: number;
  /** On a bar of {@link TIMELINE_LENGTH}; absent as `after` is. */
  readonly place?: { readonly start: number; readonly width: number };
}

export interface Timeline {
  readonly steps: readonly TimelineEntry[];
  /** What took the steps back, after one had failed. */
  readonly undo: readonly TimelineEntry[];
  /** Milliseconds from the request to the end, or to now; absent if that cannot be told. */
  readonly took?: number;
}

export const TIMELINE_LENGTH = 1000;
/** What is shorter stays visible. */
const LEAST_WIDTH = 6;
const LEAST_PAUSE = 1000;

/** Steps with which an onboarding or a rotation takes back what it did. Its own steps have none of these names. */
const UNDO: ReadonlySet<string> = new Set([
  'alert',
  'clearSlot',
  'disableToken',
  'keepCandidate',
  'keepScopeMap',
  'releaseScopeMap',
  'removeToken',
  'restorePoller',
  'restoreTokenScopeMap',
  'retireCandidate',
  'retirePromoted',
  'unbind',
  'withdrawAccess',
  'withdrawBindingRequest',
]);
const WITH_UNDO: readonly OperationKind[] = ['onboard', 'rotate'];

/** Places the steps of an operation in its time. @param now milliseconds since 1970, for what has not ended */
export function timelineOf(operation: Operation, now: number): Timeline {
  const { kind, steps, startedAt, endedAt } = operation;
  const begin = Date.parse(startedAt);
  // Clocks differ: nothing ends before it began, and the last step seen is not in the future.
  const lastSeen = Math.max(begin, ...steps.flatMap((step) => known(Date.parse(step.endedAt ?? step.startedAt))));
  const end = known(Date.parse(endedAt ?? ''))[0] ?? Math.max(now, lastSeen);
  let before = begin;
  const entries = steps.map((step) => {
    const entry = entryOf(step, { begin, end, before });
    before = known(Date.parse(step.endedAt ?? ''))[0] ?? before;
    return entry;
  });
  const firstUndo = WITH_UNDO.includes(kind) ? steps.findIndex(({ name }) => UNDO.has(name)) : -1;
  const cut = firstUndo < 0 ? entries.length : firstUndo;
  return {
    steps: entries.slice(0, cut),
    undo: entries.slice(cut),
    ...(Number.isNaN(end - begin) ? {} : { took: Math.max(0, end - begin) }),
  };
}

/** @param span of the operation, and when the step before ended */
function entryOf(
  step: Step,
  span: { readonly begin: number; readonly end: number; readonly before: number },
): TimelineEntry {
  const from = Date.parse(step.startedAt);
  const until = step.endedAt === undefined ? span.end : Date.parse(step.endedAt);
  const label = wordsOf(step.name);
  const took = Number.isNaN(until - from) ? {} : { took: Math.max(0, until - from) };
  const after = from - span.begin;
  if (Number.isNaN(after)) return { step, label, ...took };
  const pause = from - span.before;
  return {
    step,
    label,
    after: Math.max(0, after),
    ...took,
    ...(pause >= LEAST_PAUSE ? { pause } : {}),
    place: placeOf(after, took.took ?? 0, span.end - span.begin),
  };
}

function placeOf(after: number, took: number, whole: number): { readonly start: number; readonly width: number } {
  const share = (length: number) => (whole <= 0 ? 0 : (TIMELINE_LENGTH * Math.max(0, length)) / whole);
  const start = Math.min(TIMELINE_LENGTH - LEAST_WIDTH, share(after));
  return { start, width: Math.min(TIMELINE_LENGTH - start, Math.max(LEAST_WIDTH, share(took))) };
}

function known(at: number): number[] {
  return Number.isNaN(at) ? [] : [at];
}

/** `ensureScopeMap` in words: `Ensure scope map`. */
export function wordsOf(name: string): string {
  const words = name.replaceAll(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/**
 * What is said when an operation goes on: which step it is at, or how it ended. It changes with the step and its status
 * only.
 */
export function progressText({ status, endedAt, steps }: Operation): string {
  if (status !== 'running' || endedAt !== undefined) return `The operation has ended: ${status}.`;
  const last = steps.at(-1);
  if (last === undefined) return 'The operation has not begun its first step.';
  const attempt = last.attempts > 1 ? `, attempt ${last.attempts}` : '';
  return `${wordsOf(last.name)}: ${last.status}${attempt}.`;
}
