import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { updatedRows, type PlannedRow, type RowUpdate } from '../../domain/rollouts/startPlan.js';
import { frozenUntil } from '../../domain/schedules/freezeWindows.js';
import type { Pace } from '../../ports/pace.js';
import type { Runs } from '../../ports/runs.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Config } from '../../settings/config.js';
import { admittedRows } from './admittedRows.js';
import { endedRows } from './rowEnds.js';
import type { RoundOfRuns } from './rowRuns.js';
import { startRows } from './startRows.js';

interface AdvanceRunsInput extends RoundOfRuns {
  /** Rows that wait or run; others stay as they are. At most a few hundred, since the caller's history has them. */
  readonly rows: readonly PlannedRow[];
}

/**
 * Reads which runs of a sweep or a profile have ended, and starts waiting rows as fast as the budgets allow. Rollouts
 * do the same with rows that entities keep.
 */
export function advanceRuns(config: Pick<Config, 'profileBook' | 'registries'>, pace: Pace) {
  return (input: AdvanceRunsInput, runs: Runs): Promise<StepOutcome<{ readonly changes: readonly RowUpdate[] }>> =>
    outcomeOf(async () => {
      const { plan, rows } = input;
      const pairs = { requests: rows.map(({ request }) => request), rows: rows.map(({ status }) => status) };
      const ended = (await endedRows(pairs, runs)).flatMap(({ index, status }) => {
        const found = rows[index];
        return found ? [{ row: found.row, status }] : [];
      });
      const waiting = updatedRows(rows, ended).filter(({ status }) => status.state === 'waiting');
      // By the present time: the engine may execute an activity again minutes later.
      const mayStart = async () =>
        plan.source?.kind !== 'sweep' || frozenUntil(plan.source.freezeWindows, new Date()) === undefined;
      const activeSeconds = (Date.now() - Date.parse(plan.requestedAt)) / 1000;
      const tools = { runs, pace, config, activeSeconds, mayStart };
      const started = (await mayStart()) ? await startRows(input, admittedRows(input, waiting, tools), tools) : [];
      return done({ changes: [...ended, ...started] });
    });
}
