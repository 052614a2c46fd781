import type { UnsignedPullCheck } from '../pullCheck/unsignedPullCheck.js';
import type {
  OnboardingResult,
  OperationFailure,
  OperationResult,
  OperationStatus,
  Step,
} from '@connected-registry/protocol/answers/answers';

export type {
  OffboardingResult,
  OnboardingResult,
  Operation,
  OperationFailure,
  OperationKind,
  OperationResult,
  OperationStatus,
  Problem,
  RotationResult,
  RevocationResult,
  RunningOperation,
  Step,
  StepStatus,
} from '@connected-registry/protocol/answers/answers';

/** What an orchestration returns. @typeParam Result by the kind of operation */
export interface OperationOutcome<Result extends OperationResult = OnboardingResult> {
  readonly status: Exclude<OperationStatus, 'running'>;
  readonly endedAt: string;
  readonly steps: readonly Step[];
  readonly result?: Result;
  readonly failure?: OperationFailure;
  readonly reports?: ReportLog;
  /** For a run that waited for another one: the operation that it started or attached to. */
  readonly startedAs?: string;
}

/** Hash of the accepted report by attempt, to recognise repeated reports, also after the run. */
type ReportLog = Readonly<Record<string, string>>;

/** What an orchestration shows while it runs: its custom status. */
export interface Progress {
  readonly phase: string;
  readonly steps: readonly Step[];
  readonly pullCheck?: PullCheckProgress;
}

/** The current attempt of a pull check, and the accepted reports. `expiresAt` is ISO 8601. */
export interface PullCheckProgress {
  readonly attempt: number;
  readonly expiresAt: string;
  readonly reports: ReportLog;
  /** Parts of the current attempt's request, for a device that polls. */
  readonly request: Pick<UnsignedPullCheck, 'secret' | 'image'>;
}

/** Maximum characters of the progress as JSON. The engine fails a run whose custom status exceeds 16 KB of UTF-16. */
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
