import { expect, test } from 'vitest';
import { planRows, type MeasuredPlan } from '../../../src/bench/plan/planRows.js';

const measured = (what: string, seconds: number, command: MeasuredPlan['command'] = 'plan'): MeasuredPlan => ({
  what,
  command,
  seconds,
  reads: 5,
  summary: '1000 to add',
});

test('every plan is judged, also one of which the app plans each client; an export is not', () => {
  const rows = planRows([
    measured('1000 clients to add, compared only (--quick)', 2),
    measured('1000 clients to add, each planned by the app', 10.04),
    measured('1000 clients to add, each planned by the app', 6.94),
    measured('export of 1000 clients', 60, 'export'),
    measured('1000 clients as exported, no changes', 12),
  ]);
  expect(rows.map(({ met }) => met)).toEqual([true, false, true, undefined, false]);
  expect(rows[1]).toEqual({
    what: '1000 clients to add, each planned by the app',
    value: '10.0 s, 5 reads: 1000 to add',
    goal: 'under 10 s',
    met: false,
  });
  expect(rows[3]).not.toHaveProperty('goal');
});
