import type { OrchestrationContext } from 'durable-functions';
import type { UnsignedPullCheck } from '../../domain/pullCheck/unsignedPullCheck.js';
import type { StepName } from '../../domain/operations/stepNames.js';
import {
  boundProgress,
  type OperationOutcome,
  type OperationResult,
  type PullCheckProgress,
  type Step,
  type StepStatus,
} from '../../domain/operations/operation.js';

/** How a flow ended, before the log adds what it knows. */
export type End<Result extends OperationResult> = Omit<OperationOutcome<Result>, 'endedAt' | 'steps' | 'reports'>;

/** Keeps the run's steps, and shows them as the instance's custom status whenever something changes. */
export class ProgressLog {
  private readonly list: Step[] = [];
  private phase = 'starting';
  private pullCheck: PullCheckProgress | undefined;

  constructor(private readonly context: OrchestrationContext) {}

  get steps(): readonly Step[] {
    return this.list;
  }

  /** How often this run has asked the device; 0 before the first time. */
  get asked(): number {
    return this.pullCheck?.attempt ?? 0;
  }

  private get reports(): Readonly<Record<string, string>> {
    return this.pullCheck?.reports ?? {};
  }

  enter(phase: string): void {
    this.phase = phase;
    this.show();
  }

  /** @param phase that begins with the step; null when it belongs to the phase before it */
  begin(name: StepName, phase: string | null): void {
    this.phase = phase ?? this.phase;
    this.list.push({ name, status: 'running', attempts: 0, startedAt: this.now() });
    this.show();
  }

  /**
   * The running step's work is tried for the n-th time. A step of several calls shows the one that was tried most
   * often.
   */
  trying(tries: number): void {
    const step = this.list.at(-1);
    if (step) this.change({ status: 'running', attempts: Math.max(step.attempts, tries) });
  }

  waiting(message: string): void {
    this.change({ status: 'waiting', message });
  }

  end(status: Extract<StepStatus, 'completed' | 'failed'>, message?: string): void {
    const last = this.list.pop();
    if (!last) return;
    const { message: earlier, ...step } = last;
    const kept = message ?? (status === 'failed' ? earlier : undefined);
    this.list.push({ ...step, status, endedAt: this.now(), ...(kept === undefined ? {} : { message: kept }) });
    this.show();
  }

  /** A pull check's attempt begins: its report is accepted until `expiresAt`. */
  asking({ attempt, expiresAt, secret, image }: UnsignedPullCheck): void {
    this.pullCheck = { attempt, expiresAt, reports: this.reports, request: { secret, image } };
    this.trying(attempt);
  }

  /** A report was accepted. Its hash tells a repetition from different content. */
  reported(attempt: number, hash: string): void {
    if (this.pullCheck)
      this.pullCheck = { ...this.pullCheck, reports: { ...lastReports(this.reports), [attempt]: hash } };
    this.show();
  }

  /**
   * The run has ended.
   * @returns the flow's return value: the end with its time, the steps, and the device's reports.
   */
  close<Result extends OperationResult>(end: End<Result>): OperationOutcome<Result> {
    this.enter(end.status);
    const reports = this.pullCheck ? { reports: this.reports } : {};
    return { ...end, endedAt: this.now(), steps: this.list, ...reports };
  }

  /** Updates the running step. Work between steps is not recorded. */
  private change(part: Partial<Step>): void {
    const last = this.list.at(-1);
    if (last && last.endedAt === undefined) this.list[this.list.length - 1] = { ...last, ...part };
    this.show();
  }

  private now(): string {
    return this.context.df.currentUtcDateTime.toISOString();
  }

  private show(): void {
    const { phase, list: steps, pullCheck } = this;
    this.context.df.setCustomStatus(boundProgress({ phase, steps, ...(pullCheck ? { pullCheck } : {}) }));
  }
}

/** Maximum reports that are remembered, the newest. A check that asks more often has superseded the older ones. */
const REMEMBERED_REPORTS = 20;

function lastReports(reports: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(reports).slice(-REMEMBERED_REPORTS));
}
