import type { LastRun } from '@connected-registry/protocol/answers/fleetAnswers';
import type { OperationKind } from '@connected-registry/protocol/answers/answers';

/** A run of a client, in brief; or a check, which has no client. */
export interface RunBrief extends LastRun {
  /** The client's key; absent for a check. */
  readonly key?: string;
}

/** Milliseconds of the failures that are counted. */
const COUNTED_FAILURES = 86_400_000;

/** Numbers of runs. */
export interface RunCounts {
  readonly inProgress: Readonly<Record<OperationKind, number>>;
  readonly failures: {
    readonly since: string;
    readonly total: number;
    readonly byCode: Readonly<Partial<Record<NonNullable<LastRun['code']>, number>>>;
  };
}

/** Counts runs in progress by kind, and failures of the day before `now` by code. Each operation counts once. */
export function countRuns(runs: Iterable<RunBrief>, now: Date): RunCounts {
  const since = now.getTime() - COUNTED_FAILURES;
  const inProgress = { onboard: 0, offboard: 0, rotate: 0, revoke: 0, check: 0 };
  const byCode: Partial<Record<NonNullable<LastRun['code']>, number>> = {};
  let total = 0;
  for (const { kind, status, code, endedAt } of onePerOperation(runs)) {
    if (status === 'running') inProgress[kind] += 1;
    if (code === undefined || endedAt === undefined || Date.parse(endedAt) < since) continue;
    byCode[code] = (byCode[code] ?? 0) + 1;
    total += 1;
  }
  return { inProgress, failures: { since: new Date(since).toISOString(), total, byCode } };
}

/** A run that waits has an instance of its own, and one more after its start. */
function onePerOperation(runs: Iterable<RunBrief>): Iterable<RunBrief> {
  const byOperation = new Map<string, RunBrief>();
  for (const run of runs) {
    const known = byOperation.get(run.operation);
    if (known === undefined || known.status === 'running') byOperation.set(run.operation, run);
  }
  return byOperation.values();
}

/** The last run of each client, by its key: the one in progress, else the one that was requested last. */
export function lastRuns(runs: Iterable<RunBrief>): Map<string, LastRun> {
  const byKey = new Map<string, RunBrief>();
  for (const run of runs) {
    if (run.key === undefined) continue;
    const known = byKey.get(run.key);
    if (known === undefined || isLater(run, known)) byKey.set(run.key, run);
  }
  return byKey;
}

function isLater(run: RunBrief, than: RunBrief): boolean {
  const [isRunning, wasRunning] = [run.status === 'running', than.status === 'running'];
  return isRunning === wasRunning ? run.startedAt > than.startedAt : isRunning;
}
