import { clientKey, referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { PlannedWrite, Problem } from '@connected-registry/protocol/answers/answers';
import type { OnboardingPlan } from '../../domain/onboarding/plan.js';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { readAccessIn, tokensIn } from '../../domain/clients/clientRecord.js';
import { unknownProblem } from '../../domain/clients/unknownClient.js';
import { OFFBOARD, ONBOARD, ROTATE } from '../../domain/operations/run.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { clientVault } from '../../domain/vaults/clientVault.js';
import { ROW_CODES, type RowChange, type RowStatus } from '../../domain/rollouts/row.js';
import type { RolloutPlan, RolloutRequest } from '../../domain/rollouts/rollout.js';
import { withReasons, type DryRunRow } from '../../domain/rollouts/refusals.js';
import type { Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';
import { recordFacts } from '../../queries/onboarding/recordFacts.js';
import type { Queries } from '../../queries/queries.js';
import type { Config } from '../../settings/config.js';
import { vaultHosts } from '../../settings/vaults.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { Pieces, withPieces } from './pieces.js';

interface PlanRolloutInput {
  readonly plan: Pick<RolloutPlan, 'id' | 'kind'>;
  /** The piece whose next rows are planned. */
  readonly piece: number;
  /** Versions of all pieces after the last note. */
  readonly versions: readonly number[];
}

/** Rows that one call plans, so that its result stays small. */
const AT_ONCE = 50;

/** Maximum writes of a row that are listed. */
const MAX_WRITES = 12;

type PlannedRequest = {
  readonly problems: readonly Problem[];
  readonly writes: readonly PlannedWrite[];
  readonly adoption?: NonNullable<RowStatus['adopts']>;
};

/** Plans the next rows of a dry run. It only reads. */
export function planRollout(queries: PlanningQueries, config: Pick<Config, 'vaults'>) {
  return (
    { plan, piece, versions }: PlanRolloutInput,
    runs: Runs,
  ): Promise<StepOutcome<{ readonly changes: readonly RowChange[] }>> =>
    withPieces(async () => {
      const { requests, rows } = await new Pieces(plan.id, runs, versions).of(piece);
      const waiting = rows.flatMap((row, index) => {
        const request = requests[index];
        return row.state === 'waiting' && request ? [{ row, index, request }] : [];
      });
      const planned = await eachOf(waiting.slice(0, AT_ONCE), async ({ row, index, request }) => ({
        index,
        ...(await orRefused(row, () => planRow(plan.kind, request, queries, config, runs))),
      }));
      return done({ changes: withReasons(rows, planned) });
    });
}

/**
 * A service that refuses one row for good must not end the plan of the others. What may pass is tried again by the
 * step.
 */
async function orRefused(row: RowStatus, plan: () => Promise<PlannedRequest>): Promise<Omit<DryRunRow, 'index'>> {
  try {
    const found = await plan();
    return { status: planned(row, found), problems: found.problems };
  } catch (error) {
    if (!(error instanceof ServiceError) || error.isRetryable) throw error;
    const problem = {
      code: 'service-error',
      message: error.message,
      fix: 'Give the app the right that it lacks, which `npm run doctor` names, or correct the names, then plan again.',
    };
    return {
      status: { ...row, state: 'failed', code: ROW_CODES.refused, problems: [problem.code] },
      problems: [problem],
    };
  }
}

/** The queries that plan. */
export type PlanningQueries = Pick<Queries, 'preflight' | 'planRotation' | 'offboardingDryRun' | 'findUnknown'>;

async function planRow(
  kind: RolloutPlan['kind'],
  request: RolloutRequest,
  queries: PlanningQueries,
  config: Pick<Config, 'vaults'>,
  runs: Pick<Runs, 'record'>,
): Promise<PlannedRequest> {
  const reference = referenceOf(request);
  const key = clientKey(reference);
  const record = await runs.record(key);
  const vault = clientVault(record, key, vaultHosts(config));
  if (kind === ONBOARD) {
    // The route has checked that each row of such a rollout is an onboarding.
    const onboarding = request as Onboarding;
    const plan = await queries.preflight(onboarding, vault, recordFacts(record));
    return { problems: plan.problems, writes: plan.writes, ...adoptionOf(onboarding, plan) };
  }
  const unknown = await queries.findUnknown(reference, record);
  if (unknown) return { problems: [unknownProblem(reference, unknown)], writes: [] };
  if (kind === ROTATE) return queries.planRotation({ ...reference, urgent: false }, vault, record.acknowledged);
  if (kind === OFFBOARD)
    return queries.offboardingDryRun(reference, vault, { ...tokensIn(record), ...readAccessIn(record) });
  return { problems: [], writes: [] };
}

function adoptionOf({ token }: Onboarding, plan: OnboardingPlan): Pick<PlannedRequest, 'adoption'> {
  if (!plan.token.isAdopted || plan.credential.kind !== 'issue') return {};
  const { credential, working } = plan;
  const keepsScopeMap = plan.token.earlierScopeMap === undefined;
  return { adoption: { token, slot: credential.slot, keepsScopeMap, ...(working ? { working } : {}) } };
}

function planned(row: RowStatus, { problems, writes, adoption }: PlannedRequest): RowStatus {
  const texts = writes.map(({ action, resource }) => `${action} ${resource}`);
  const more = texts.length - MAX_WRITES;
  const listed = more > 0 ? [...texts.slice(0, MAX_WRITES), `and ${more} more`] : texts;
  if (problems.length === 0)
    return { ...row, state: 'planned', writes: listed, ...(adoption ? { adopts: adoption } : {}) };
  const codes = [...new Set(problems.map(({ code }) => code))];
  return { ...row, state: 'failed', code: ROW_CODES.refused, problems: codes };
}
