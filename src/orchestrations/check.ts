import type { OrchestrationContext } from 'durable-functions';
import { MAX_FINDINGS, sumUp, type CheckPart, type CheckRun, type LeftOvers } from '../domain/check/checkRun.js';
import type { CheckResult } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { OperationOutcome } from '../domain/operations/operation.js';
import { Cancellation } from './run/cancellation.js';
import { StepFailed, type Flow } from './run/flow.js';
import { runParts } from './run/runParts.js';
import type { StepRunner } from './run/stepRunner.js';

/** Checks some clients, or all, part by part. It reads only, so that there is nothing to undo. */
export function* check(context: OrchestrationContext): Flow<OperationOutcome<CheckResult>> {
  const input = context.df.getInput<CheckRun>();
  const { run, request } = input;
  const { log, runner } = runParts(context, input, { cancellation: new Cancellation(context, run) });
  log.enter('check');
  try {
    const result = request.clients ? yield* named(runner, request.clients) : yield* everything(runner, input);
    return log.close({ status: 'completed', result });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return log.close({ status: 'rolledBack', failure: error.toFailure() });
  }
}

function* named(runner: StepRunner, clients: readonly ClientReference[]): Flow<CheckResult> {
  const { warnings, ...part } = yield* runner.step('checkClients', () => runner.steps.checkClients({ clients }));
  return sumUp([part], [{ unused: [], omittedUnused: 0, warnings }]);
}

function* everything(runner: StepRunner, { run, request }: CheckRun): Flow<CheckResult> {
  const parts = yield* runner.step('checkClients', function* () {
    const found: CheckPart[] = [];
    let room = MAX_FINDINGS;
    for (let from: string | undefined; ;) {
      const part = yield* runner.steps.checkPage({ run, room, ...(from === undefined ? {} : { from }) });
      found.push(part);
      room -= part.findings.length;
      if (part.next === undefined) return found;
      from = part.next;
    }
  });
  const tokens = parts.map((part) => part.tokens);
  const leftOvers = yield* runner.step('findLeftOvers', function* () {
    const found: LeftOvers[] = [];
    for (const registry of request.registries) found.push(yield* runner.steps.findLeftOvers({ run, registry, tokens }));
    return found;
  });
  const result = sumUp(parts, leftOvers);
  const { findings: _findings, unused, warnings, ...counts } = result;
  yield* runner.step('logCheck', () =>
    runner.steps.logCheck({ ...counts, unused: unused.length, warnings: warnings.length }),
  );
  return result;
}
