import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { CheckResult } from '@connected-registry/protocol/answers/clientAnswers';
import {
  formatOperationId,
  parseOperationId,
  randomOf,
  type OperationId,
} from '@connected-registry/protocol/names/operationId';
import { CHECK } from '../../domain/check/checkRun.js';
import { DELIBERATE_STOPS } from '../../domain/operations/cancelEvent.js';
import { engineFailure, recordOf, type RunEnd } from '../../domain/operations/runEnd.js';
import type { RunProgress, RunState } from '../../ports/runs.js';
import { readClientRecord } from './clientRecords.js';
import { hasEnded, readRun, type RunStatus } from './runStatus.js';

/**
 * How a run stands, by its instance; by the record of its end after another run has taken the instance, it was purged,
 * or the run was started again after its end, which the record refuses.
 */
export async function readProgress(client: DurableClient, id: OperationId): Promise<RunProgress> {
  const found = await readRun(client, id.instance);
  const present = found?.input.run === id.run ? progressOf(found) : undefined;
  if (present && present.code !== 'stale-event') return present;
  const { ended = [] } = await readClientRecord(client, recordOf(id.instance));
  const end = ended.find((one) => one.id === formatOperationId(id));
  return end ? progressOfEnd(end) : (present ?? { state: 'unknown' });
}

/** The client's run with this random part of its id: the one of its instance, or one that its record knows. */
export async function findByRandom(
  client: DurableClient,
  key: string,
  random: string,
): Promise<OperationId | undefined> {
  const found = await readRun(client, key);
  if (found && randomOf(found.input.run) === random) return { instance: key, run: found.input.run };
  const { ended = [] } = await readClientRecord(client, recordOf(key));
  return ended.map(({ id }) => parseOperationId(id)).find((id) => id?.instance === key && randomOf(id.run) === random);
}

/** How a run stands, by the status of its instance. */
export function stateOf(found: RunStatus): RunState {
  return progressOf(found).state;
}

function progressOf(found: RunStatus): RunProgress {
  if (!hasEnded(found)) return { state: 'running' };
  const { kind, outcome, runtimeStatus } = found;
  if (!outcome) return { state: 'failed', code: engineFailure(runtimeStatus === 'Terminated').code };
  const progress = progressOfEnd(outcome);
  if (kind !== CHECK || progress.state !== 'completed' || outcome.result === undefined) return progress;
  // The orchestration of checks returns this type of result.
  const { findings } = outcome.result as CheckResult;
  return {
    ...progress,
    differing: findings.filter(({ state, differences }) => state === 'absent' || differences.length > 0).map(clientKey),
  };
}

function progressOfEnd({ status, failure }: Pick<RunEnd, 'status' | 'failure'>): RunProgress {
  if (status === 'completed') return { state: 'completed' };
  if (!failure) return { state: 'failed' };
  const { code } = failure;
  return { state: DELIBERATE_STOPS.includes(code) ? 'cancelled' : 'failed', code };
}
