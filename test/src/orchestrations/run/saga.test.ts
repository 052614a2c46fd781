import { expect, test } from 'vitest';
import { done } from '../../../../src/domain/operations/stepOutcome.js';
import type { OrchestrationContext } from 'durable-functions';
import type { Flow } from '../../../../src/orchestrations/run/flow.js';
import { ProgressLog } from '../../../../src/orchestrations/run/progressLog.js';
import { Saga, type UndoReport } from '../../../../src/orchestrations/run/saga.js';
import { StepRunner } from '../../../../src/orchestrations/run/stepRunner.js';
import { FakeDurableContext } from '../../fakes/durable/durableContext.js';
import { onboardingRun } from '../../fakes/answers/requests.js';

/** Undoes three things; `revokeAfter` of them the client is revoked. */
async function undo(revokeAfter: number) {
  const begun: string[] = [];
  function* flow(context: OrchestrationContext): Flow<UndoReport> {
    const log = new ProgressLog(context);
    const by = { operation: 'x.y', actor: 'z' };
    const saga = new Saga(new StepRunner(context, onboardingRun().limits, log, { by, deadlineSeconds: 60 }));
    const note = (what: string) =>
      function* () {
        begun.push(what);
        return {};
      };
    saga.onFailure('first', note('first'));
    saga.onFailure('second', note('second'), note('second, when revoked'));
    saga.onFailure('third', note('third'));
    return yield* saga.undoAll(log, () => begun.length >= revokeAfter);
  }
  const report = await new FakeDurableContext({}, () => done({})).run(flow);
  return { begun, report };
}

test('an undo goes through all, last first, while the client is not revoked', async () => {
  const { begun: all, report } = await undo(Infinity);
  expect([all, report]).toEqual([['third', 'second', 'first'], { residue: [], kept: [] }]);
});

test('a revocation during an undo has the rest of it keep what there is, and says of each what was kept', async () => {
  const { begun: all, report } = await undo(1);
  expect(all).toEqual(['third', 'second, when revoked']);
  expect(report).toEqual({ residue: [], kept: [expect.stringMatching(/^first: .*kept for inspection/)] });
});

test('of a client that was revoked before its undo nothing is taken away', async () => {
  const { begun: all, report } = await undo(0);
  expect(all).toEqual(['second, when revoked']);
  expect(report.kept).toHaveLength(2);
});
