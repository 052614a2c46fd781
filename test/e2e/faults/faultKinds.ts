/** What can happen to a call. `kill` ends the functions host with SIGKILL while the call is under way. */
export const FAULTS = [
  'fails before',
  'reply lost',
  '429',
  '500',
  'slow',
  '403',
  'killed before',
  'killed after',
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** What is worst for an effect that must be found again. */
export const WORST: readonly FaultKind[] = ['reply lost', '403', 'killed after'];

/** What the line does to the one call that a fault strikes. */
export interface LineAction {
  /** `after`: the service has done what it was asked for, and the reply is kept back. */
  readonly when: 'before' | 'after';
  readonly act:
    | 'drop'
    | 'hold'
    | 'late'
    | { readonly delay: number }
    | { readonly status: number; readonly code: string; readonly retryAfter?: number; readonly held?: true };
}

/**
 * Held, and then refused with a pause of {@link LONG_THROTTLING_SECONDS} asked for: for what must not wait that long.
 */
export const THROTTLED_FOR_LONG = 'throttled for long';

/** Longer than a run without faults takes, and shorter than a step's deadline must be for the run to wait it out. */
export const LONG_THROTTLING_SECONDS = 600;

/**
 * Lost for the caller, and seen by the service only when it is let go: what a process that died has left on its way.
 */
export const ARRIVES_LATE = 'arrives late';

/** Longer than any pause of a client library between a connection's loss and its noticing. */
const SLOW_MILLISECONDS = 1500;

export const LINE_ACTIONS: Readonly<Record<FaultKind | typeof THROTTLED_FOR_LONG | typeof ARRIVES_LATE, LineAction>> = {
  [ARRIVES_LATE]: { when: 'before', act: 'late' },
  [THROTTLED_FOR_LONG]: {
    when: 'before',
    act: { status: 429, code: 'TooManyRequests', retryAfter: LONG_THROTTLING_SECONDS, held: true },
  },
  'fails before': { when: 'before', act: 'drop' },
  'reply lost': { when: 'after', act: 'drop' },
  '429': { when: 'before', act: { status: 429, code: 'TooManyRequests', retryAfter: 1 } },
  '500': { when: 'before', act: { status: 500, code: 'InternalServerError' } },
  slow: { when: 'before', act: { delay: SLOW_MILLISECONDS } },
  '403': { when: 'before', act: { status: 403, code: 'Forbidden' } },
  'killed before': { when: 'before', act: 'hold' },
  'killed after': { when: 'after', act: 'hold' },
};

export function kills(fault: FaultKind): boolean {
  return LINE_ACTIONS[fault].act === 'hold';
}
