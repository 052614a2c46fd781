import {
  clientKey,
  keyHash,
  referenceOf,
  shortHash,
  type ClientReference,
} from '@connected-registry/protocol/names/clientKey';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { clientFingerprint } from '@connected-registry/protocol/requests/clientsRequest';
import { fingerprint, type Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { rotationFingerprint } from '@connected-registry/protocol/requests/rotationRequest';
import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import { checkFingerprint, type CheckRun } from '../../domain/check/checkRun.js';
import type { FlowLimits } from '../../domain/operations/flowLimits.js';
import { OFFBOARD, ONBOARD, ROTATE, type Run } from '../../domain/operations/run.js';
import { channelOf } from '../../domain/profiles/profiles.js';
import type { RolloutRequest } from '../../domain/rollouts/rollout.js';
import type { RowStatus } from '../../domain/rollouts/row.js';
import type { StartPlan } from '../../domain/rollouts/startPlan.js';
import type { Config } from '../../settings/config.js';

/** What all runs of one round have in common. */
export interface RoundOfRuns {
  readonly plan: StartPlan;
  /** When the round began (ISO 8601): a repetition of its work creates the same run ids. */
  readonly at: string;
  readonly limits: FlowLimits;
}

/** A row of a check. `row`: its number in the whole rollout, from 0. */
export interface CheckedRow {
  readonly row: number;
  readonly request: RolloutRequest;
  readonly status: Pick<RowStatus, 'retry'>;
}

/**
 * The run id for these rows. Its random part is the same in every round, so that a run that was started before is
 * recognised.
 * @param at ISO 8601
 * @param rows each `[row in the rollout, retry]`: one client, or the clients of a check
 */
function runIdOf({ id }: StartPlan, at: string, rows: readonly (readonly [row: number, retry: number])[]): string {
  return newRunId(new Date(at), Buffer.from(shortHash([id, rows], 8), 'hex'));
}

/**
 * The run of one row, except a check. The instant in its id is that of the round, since activities of a client's runs
 * compare run ids to find out which run is the later one.
 */
export function rowRun(
  round: RoundOfRuns,
  row: number,
  retry: number,
  request: RolloutRequest,
  config: Pick<Config, 'profileBook'>,
): { readonly kind: Exclude<RolloutKind, 'check'>; readonly run: Run } {
  const { plan, limits } = round;
  const common = {
    run: runIdOf(plan, round.at, [[row, retry]]),
    // A revocation that was requested after the plan stands, whenever the row is started.
    requestedAt: plan.requestedAt,
    rowStartedAt: round.at,
    actor: plan.actor,
    channel: channelOf(config.profileBook, request),
    limits,
    ...originOf(plan),
  };
  const reference = referenceOf(request);
  switch (plan.kind) {
    case ONBOARD: {
      // The route has checked that each row of such a rollout is an onboarding.
      const onboarding = request as Onboarding;
      return { kind: ONBOARD, run: { ...common, fingerprint: fingerprint(onboarding), request: onboarding } };
    }
    case ROTATE: {
      const rotation = { ...reference, urgent: false };
      return { kind: ROTATE, run: { ...common, fingerprint: rotationFingerprint(rotation), request: rotation } };
    }
    default:
      return {
        kind: OFFBOARD,
        run: { ...common, fingerprint: clientFingerprint(OFFBOARD, reference), request: reference },
      };
  }
}

/**
 * The run that checks the clients of some rows. The instant in its id is that of the rollout, since it is part of the
 * check's instance: a check that an earlier round has started could not be found otherwise.
 */
export function checkRun(
  { plan, limits }: RoundOfRuns,
  rows: readonly CheckedRow[],
  config: Pick<Config, 'registries'>,
): CheckRun {
  const numbers = rows.map(({ row, status }) => [row, status.retry] as const);
  const clients: readonly ClientReference[] = rows.map(({ request }) => referenceOf(request));
  return {
    run: runIdOf(plan, plan.requestedAt, numbers),
    fingerprint: checkFingerprint({ clients }),
    requestedAt: plan.requestedAt,
    actor: plan.actor,
    request: { clients, registries: config.registries.map(({ name }) => name) },
    limits,
    ...originOf(plan),
  };
}

/** What a run knows about the source that started it. */
function originOf({ id, source }: StartPlan): Pick<Run, 'rollout' | 'eventAt' | 'awaitsActivation'> {
  if (source === undefined) return { rollout: id };
  // Clients of a new connected registry wait until somebody activates it.
  return source.kind === 'event' ? { eventAt: source.at, awaitsActivation: true } : {};
}

/** Hash of a client's key, as the claims of rollouts keep it: 8 bytes in base64url. */
export function claimOf(client: ClientReference): string {
  return Buffer.from(keyHash(clientKey(client)), 'hex').toString('base64url');
}
