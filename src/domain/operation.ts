import type { VerifiedPull } from './secretTags.js';
import type { SlotName } from './slots.js';

/** A run as `GET /api/operations/{id}` shows it. Times are ISO 8601, UTC. */
export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly runId: string;
  /** `rolledBack`: ended without success and nothing of ours left; `failed`: something is left, see residue. */
  readonly status: OperationStatus;
  readonly phase: string;
  readonly registry: string;
  readonly connectedRegistry: string;
  readonly client: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly steps: readonly Step[];
  readonly result?: OnboardingResult;
  readonly failure?: OperationFailure;
}

export type OperationKind = 'onboard';
export type OperationStatus = 'running' | 'completed' | 'rolledBack' | 'failed';
export type StepStatus = 'running' | 'waiting' | 'completed' | 'failed';

/** One step of a flow, or of its undoing. `message` says what a waiting or failed step is up against. */
export interface Step {
  readonly name: string;
  readonly status: StepStatus;
  /** How often its activity was tried; for the pull check, how often the device was asked. */
  readonly attempts: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly message?: string;
}

export interface OnboardingResult {
  readonly scopeMap: string;
  readonly token: string;
  readonly connectedRegistry: string;
  readonly secret: {
    readonly name: string;
    readonly version: string;
    readonly slot: SlotName;
    readonly expiresOn: string;
  };
  readonly pull: VerifiedPull;
  /** False when everything was as asked for before, so that nothing was written. */
  readonly changed: boolean;
}

export interface OperationFailure {
  /** Stable; docs/errors.md lists them. */
  readonly code: string;
  readonly message: string;
  /** What we made and could not take away, each with the reason. */
  readonly residue: readonly string[];
  /** What we found or others share, left as it is on purpose. */
  readonly kept: readonly string[];
  /** Everything that preflight found wrong. */
  readonly problems?: readonly Problem[];
}

/** Something about a request that must be changed first, by a field of the request or by a command. */
export interface Problem {
  readonly code: string;
  readonly field?: string;
  readonly message: string;
  readonly fix: string;
}

/** What an orchestration returns. */
export interface OperationOutcome {
  readonly status: Exclude<OperationStatus, 'running'>;
  readonly endedAt: string;
  readonly steps: readonly Step[];
  readonly result?: OnboardingResult;
  readonly failure?: OperationFailure;
  readonly reports?: ReportLog;
}

/** Hash of the accepted report by attempt: a repeated report is known again, also after the end. */
export type ReportLog = Readonly<Record<string, string>>;

/** What an orchestration shows while it runs (its custom status). */
export interface Progress {
  readonly phase: string;
  readonly steps: readonly Step[];
  readonly pullCheck?: PullCheckProgress;
}

export interface PullCheckProgress {
  readonly attempt: number;
  readonly expiresAt: string;
  readonly reports: ReportLog;
}

/** The engine fails a run whose custom status exceeds 16 KB of UTF-16; we stay far below, in characters of JSON. */
export const PROGRESS_CHARACTERS = 4000;

/** Shortens messages, then drops the oldest steps, until the progress fits {@link PROGRESS_CHARACTERS}. */
export function boundProgress(progress: Progress): Progress {
  for (const length of [200, 80, 0]) {
    const shorter = { ...progress, steps: progress.steps.map((step) => shortenMessage(step, length)) };
    if (JSON.stringify(shorter).length <= PROGRESS_CHARACTERS) return shorter;
  }
  let steps = progress.steps.map((step) => shortenMessage(step, 0));
  while (steps.length > 1 && JSON.stringify({ ...progress, steps }).length > PROGRESS_CHARACTERS)
    steps = steps.slice(1);
  return { ...progress, steps };
}

function shortenMessage(step: Step, length: number): Step {
  const { message, ...rest } = step;
  if (message === undefined || length === 0) return rest;
  return { ...rest, message: message.length > length ? `${message.slice(0, length - 1)}…` : message };
}
