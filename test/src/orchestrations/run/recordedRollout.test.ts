import type { OrchestrationContext } from 'durable-functions';
import { describe, expect, test } from 'vitest';
import { auditRolloutEnd } from '../../../../src/activities/rollouts/auditRolloutEnd.js';
import { inAuditScope } from '../../../../src/audit/audit.js';
import { NO_ROWS } from '../../../../src/domain/rollouts/row.js';
import type { RolloutOutcome } from '../../../../src/domain/rollouts/controlState.js';
import type { Flow } from '../../../../src/orchestrations/run/flow.js';
import { recordedRollout } from '../../../../src/orchestrations/run/recordedEnd.js';
import { FakeDurableContext } from '../../fakes/durable/durableContext.js';

const END = '2026-03-01T12:10:00.000Z';
const ID = `${Date.parse('2026-03-01T12:00:00.000Z').toString(36).padStart(9, '0')}0000001`;

/** Runs a flow that ends so, and returns the lines of the audit. */
async function linesOf(flow: (context: OrchestrationContext) => Flow<RolloutOutcome | undefined>) {
  const lines: unknown[] = [];
  const context = new FakeDurableContext({ plan: { id: ID }, run: ID, actor: 'an-operator' }, async ({ input }) => {
    const { by, ...rest } = input as Parameters<typeof auditRolloutEnd>[0] & {
      by: { operation: string; actor: string };
    };
    const log = (line: string, level = 'info') => void lines.push({ level, ...(JSON.parse(line) as object) });
    return inAuditScope({ log, ...by }, () => auditRolloutEnd(rest));
  });
  const end = await context.run(recordedRollout(flow)).catch((error: unknown) => error);
  return { lines, end };
}

const ending = (status: RolloutOutcome['status']) =>
  function* (_context: OrchestrationContext): Flow<RolloutOutcome | undefined> {
    return { status, endedAt: END, counts: { ...NO_ROWS, completed: 3, failed: 1 } };
  };

describe('the end of a rollout', () => {
  test.each([
    ['completed', 'run.end.succeeded', 'completed', 'info'],
    ['cancelled', 'run.end.succeeded', 'cancelled', 'info'],
    ['stopped', 'run.end.failed', 'failed', 'warning'],
    ['refused', 'run.end.failed', 'failed', 'info'],
  ] as const)('is one line of the audit: %s', async (status, audit, outcome, level) => {
    const { lines } = await linesOf(ending(status));
    const facts = { resource: `rollout-${ID}`, operation: `rollout-${ID}.${ID}`, actor: 'an-operator', seconds: 600 };
    expect(lines).toMatchObject([{ level, audit, outcome, ...facts, completed: 3, failed: 1, residue: [] }]);
  });

  test('by an unexpected error is a warning, and stays an error', async () => {
    const { lines, end } = await linesOf(function* () {
      throw new TypeError('broken: top-secret');
    });
    expect(end).toBeInstanceOf(TypeError);
    expect(lines).toMatchObject([{ level: 'warning', audit: 'run.end.failed', code: 'internal' }]);
    expect(JSON.stringify(lines)).not.toContain('top-secret');
  });

  test('is not written when it continues as new', async () => {
    const { lines } = await linesOf(function* () {
      return undefined;
    });
    expect(lines).toEqual([]);
  });
});
