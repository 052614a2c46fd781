import type { OrchestrationContext } from 'durable-functions';
import { MAX_FINDINGS, sumUp, type CheckPart, type CheckRun, type RegistryFindings } from '../domain/check/checkRun.js';
import type { CheckResult } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { OperationOutcome } from '../domain/operations/operation.js';
import { StepFailed, type Flow } from './run/flow.js';
import { beginRun, type RunContext } from './run/runContext.js';

/** Checks some clients, or all, part by part. It only reads, so there is nothing to undo. */
export function* check(context: OrchestrationContext): Flow<OperationOutcome<CheckResult>> {
  const run = beginRun<CheckRun>(context, { isCancellable: true, priority: 'inventory' });
  const { clients } = run.input.request;
  try {
    const result = clients ? yield* checkNamed(run, clients) : yield* checkAll(run);
    return run.log.close({ status: 'completed', result });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return run.log.close({ status: 'rolledBack', failure: error.toFailure() });
  }
}

function* checkNamed(run: RunContext<CheckRun>, clients: readonly ClientReference[]): Flow<CheckResult> {
  const { warnings, ...part } = yield* run.step('checkClients', () => run.activities.checkClients({ clients }));
  return sumUp([part], [{ unused: [], omittedUnused: 0, warnings }]);
}

function* checkAll(run: RunContext<CheckRun>): Flow<CheckResult> {
  const { id } = run;
  const { registries } = run.input.request;
  const parts = yield* run.step('checkClients', function* () {
    const found: CheckPart[] = [];
    let room = MAX_FINDINGS;
    for (let from: string | undefined; ;) {
      const part = yield* run.activities.checkPage({ run: id, room, ...(from === undefined ? {} : { from }) });
      found.push(part);
      room -= part.findings.length;
      if (part.next === undefined) return found;
      from = part.next;
    }
  });
  const tokens = parts.map((part) => part.tokens);
  const leftOvers = yield* run.step('findLeftOvers', function* () {
    const found: RegistryFindings[] = [];
    for (const registry of registries) found.push(yield* run.activities.findLeftOvers({ run: id, registry, tokens }));
    return found;
  });
  const result = sumUp(parts, leftOvers);
  const { findings: _findings, unused, unmanaged = [], warnings, ...counts } = result;
  yield* run.step('logCheck', () =>
    run.activities.logCheck({
      ...counts,
      unused: unused.length,
      unmanaged: unmanaged.length,
      warnings: warnings.length,
    }),
  );
  return result;
}
