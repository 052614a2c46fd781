import type { OrchestrationContext } from 'durable-functions';
import { expect, test } from 'vitest';
import type { OnboardingRun } from '../../../../src/domain/operations/run.js';
import { done } from '../../../../src/domain/operations/stepOutcome.js';
import { undoAll, type UndoReport } from '../../../../src/orchestrations/run/compensations.js';
import type { Flow } from '../../../../src/orchestrations/run/flow.js';
import { beginRun } from '../../../../src/orchestrations/run/runContext.js';
import { onboardingRun } from '../../fakes/answers/requests.js';
import { FakeDurableContext } from '../../fakes/durable/durableContext.js';

function* nothing(): Flow<void> {}

/** Undoes three things. The client is revoked once `revokeAfter` of them are undone. */
async function undo(revokeAfter: number) {
  const undone: string[] = [];
  const note = (what: string) =>
    function* () {
      undone.push(what);
      return {};
    };
  function* flow(context: OrchestrationContext): Flow<UndoReport> {
    const run = beginRun<OnboardingRun>(context);
    yield* run.step('ensureToken', nothing, [
      { name: 'removeScopeMap', undo: note('first') },
      { name: 'unbind', undo: note('second'), whenRevoked: note('second, when revoked') },
      { name: 'clearSlot', undo: note('third') },
    ]);
    return yield* undoAll(run.undoing(), () => undone.length >= revokeAfter);
  }
  const report = await new FakeDurableContext(onboardingRun(), () => done({})).run(flow);
  return { undone, report };
}

test('an undo runs all compensations, last first, if the client is not revoked', async () => {
  const { undone, report } = await undo(Infinity);
  expect([undone, report]).toEqual([['third', 'second', 'first'], { residue: [], kept: [] }]);
});

test('a revocation during an undo keeps the rest, and reports each kept item', async () => {
  const { undone, report } = await undo(1);
  expect(undone).toEqual(['third', 'second, when revoked']);
  expect(report).toEqual({ residue: [], kept: [expect.stringMatching(/^removeScopeMap: .*kept for inspection/)] });
});

test('an undo of a client that was revoked before removes nothing', async () => {
  const { undone, report } = await undo(0);
  expect(undone).toEqual(['second, when revoked']);
  expect(report.kept).toHaveLength(2);
});
