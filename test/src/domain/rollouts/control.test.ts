import { describe, expect, test } from 'vitest';
import {
  commanded,
  directiveOf,
  ended,
  NO_CONTROL,
  opened,
  reported,
  stopped,
} from '../../../../src/domain/rollouts/control.js';
import type { ControlState, Directive, RolloutCommand } from '../../../../src/domain/rollouts/controlState.js';
import { NO_ROWS, type RowCounts } from '../../../../src/domain/rollouts/row.js';
import { at, planOf } from './planOf.js';

const plan = planOf(100, 0);

const open = () => opened(NO_CONTROL, { plan }, at(0));
const give = (state: ControlState, command: RolloutCommand, id: string = command) =>
  commanded(state, { id, command, actor: 'ann', at: at(1).toISOString() }, at(1));
const note = (state: ControlState, counts: Partial<RowCounts>, seconds = 10, carriedOut: readonly string[] = []) =>
  reported(state, { counts: { ...NO_ROWS, ...counts }, failures: {}, wave: 0, carriedOut }, at(seconds));
const finish = (state: ControlState, counts: Partial<RowCounts>) =>
  ended(state, { counts: { ...NO_ROWS, ...counts }, failures: {} }, at(60));

describe('commands', () => {
  test('pause and resume take effect at once, and paused time is not active time', () => {
    const paused = commanded(open(), { id: 'p', command: 'pause', actor: 'ann', at: '' }, at(5));
    expect(paused).toMatchObject({ status: 'paused', reason: 'operator', activeSeconds: 5, carriedOut: ['p'] });
    const resumed = commanded(paused, { id: 'r', command: 'resume', actor: 'ann', at: '' }, at(50));
    expect(resumed).toMatchObject({ status: 'running', activeSeconds: 5, activeSince: at(50).toISOString() });
    expect(resumed).not.toHaveProperty('reason');
  });

  test('a command that is delivered again changes nothing, before and after it is carried out', () => {
    const first = give(open(), 'retry-failed', 'r');
    expect(give(first, 'retry-failed', 'r')).toEqual(first);
    const done = note(first, { waiting: 100 }, 10, ['r']);
    expect(done.commands).toEqual([]);
    expect(give(done, 'retry-failed', 'r')).toEqual(done);
  });

  test.each([
    ['resume', open()],
    ['pause', stopped(open(), { plan }, at(2))],
    ['cancel', finish(open(), { completed: 100 })],
    ['pause', NO_CONTROL],
  ] as const)('%s that does not fit the status is dropped', (command, state) => {
    expect(give(state, command)).toEqual(state);
  });

  test('a dry run has nothing to retry', () => {
    const state = opened(NO_CONTROL, { plan: { ...plan, dryRun: true } }, at(0));
    expect(give(state, 'retry-failed')).toEqual(state);
  });

  test('waiting commands and remembered ids are bounded', () => {
    let state = open();
    for (let count = 0; count < 50; count += 1) state = give(state, 'retry-failed', `r${count}`);
    expect(state.commands).toHaveLength(20);
    for (let count = 0; count < 50; count += 1) state = give(give(state, 'pause', `p${count}`), 'resume', `s${count}`);
    expect(state.carriedOut).toHaveLength(20);
    expect(state.carriedOut.at(-1)).toBe('s49');
  });

  test('a paused rollout that is cancelled ends as cancelled', () => {
    const state = note(give(give(open(), 'pause'), 'cancel'), { cancelled: 100 }, 10, ['cancel']);
    expect(finish(state, { cancelled: 100 })).toMatchObject({ status: 'cancelled', endedAt: at(60).toISOString() });
  });
});

describe('the failure limit', () => {
  test('pauses at both the minimum and the percentage, and not before', () => {
    expect(note(open(), { failed: 4, waiting: 96 }).status).toBe('running');
    expect(note(open(), { failed: 5, completed: 46, waiting: 49 }).status).toBe('running');
    expect(note(open(), { failed: 5, completed: 45, waiting: 50 })).toMatchObject({
      status: 'paused',
      reason: 'failure-limit',
    });
  });

  /** A round that had seen what `directive` says has read all operations before this report. */
  const noteAll = (state: ControlState, failed: number, second: number, { recount }: Directive) => {
    const counts = { ...NO_ROWS, failed, waiting: 100 - failed };
    const allReadFor = recount === undefined ? {} : { allReadFor: recount };
    return reported(state, { counts, failures: {}, wave: 0, carriedOut: [], ...allReadFor }, at(second + 3));
  };

  test.each(['resume', 'retry-failed'] as const)('counts from the first complete read after %s', (command) => {
    const limited = note(open(), { failed: 10, waiting: 90 });
    expect(limited).toMatchObject({ status: 'paused', pausedAt: at(10).toISOString() });
    const given = commanded(limited, { id: 'c', command, actor: 'ann', at: '' }, at(30));
    const retried = command === 'resume' ? given : give(note(given, { failed: 10, waiting: 90 }, 30, ['c']), 'resume');
    expect(directiveOf(retried)).toMatchObject({ status: 'running', readAll: true });
    // These have failed before: the read is older.
    const before = noteAll(retried, 20, 40, directiveOf(limited));
    expect([before.status, directiveOf(before).readAll]).toEqual(['running', true]);
    const resumed = noteAll(before, 25, 31, directiveOf(before));
    expect(directiveOf(resumed)).toEqual({ status: 'running', commands: [] });
    expect(noteAll(resumed, 29, 34, directiveOf(resumed)).status).toBe('running');
    const again = noteAll(resumed, 30, 34, directiveOf(resumed));
    expect(directiveOf(again)).toMatchObject({ status: 'paused', pausedAt: at(37).toISOString() });
  });

  test('counts from the last of several resumptions, whatever a read for an earlier one has found', () => {
    const first = give(give(note(open(), {}, 10), 'pause', 'p1'), 'resume', 'r1');
    const second = give(give(first, 'pause', 'p2'), 'resume', 'r2');
    const late = noteAll(second, 20, 40, directiveOf(first));
    expect([late.status, directiveOf(late).readAll]).toEqual(['running', true]);
    const read = noteAll(late, 20, 50, directiveOf(second));
    expect([read.status, read.baseline.failed]).toEqual(['running', 20]);
  });

  test('counts on in a rollout that was resumed before rollouts counted their resumptions', () => {
    const { recounts: _recounts, ...resumed } = give(give(note(open(), {}, 10), 'pause'), 'resume');
    // What a round of that time has seen.
    const before = noteAll(resumed, 20, 40, { status: 'running', readAll: true, commands: [] });
    expect([before.status, directiveOf(before).readAll]).toEqual(['running', true]);
    const read = noteAll(before, 20, 50, directiveOf(before));
    expect(directiveOf(read)).toEqual({ status: 'running', commands: [] });
    expect(noteAll(read, 25, 60, directiveOf(read)).status).toBe('paused');
  });

  test('does not pause a rollout with no rows to start', () => {
    expect(note(open(), { failed: 100 }).status).toBe('running');
  });
});

describe('the end', () => {
  test('does not come while a row is open or a command waits', () => {
    expect(finish(open(), { completed: 99, running: 1 }).status).toBe('running');
    expect(finish(give(open(), 'retry-failed'), { completed: 99, failed: 1 }).status).toBe('running');
  });

  test('stays when it is noted again', () => {
    const state = finish(open(), { completed: 100 });
    expect(ended(state, { counts: { ...NO_ROWS, completed: 100 }, failures: {} }, at(90))).toEqual(state);
  });

  test('is taken back by a retry, and the time in between is not active time', () => {
    const again = opened(give(finish(open(), { completed: 90, failed: 10 }), 'retry-failed'), { plan }, at(100));
    expect(again).toMatchObject({ status: 'running', activeSeconds: 60, startedAt: at(0).toISOString() });
    expect(again).not.toHaveProperty('endedAt');
    expect(again.commands).toHaveLength(1);
  });
});

test('samples are bounded, and only changes are noted', () => {
  let state = open();
  for (let count = 0; count < 50; count += 1) {
    state = note(state, { completed: count, waiting: 100 - count }, count);
    state = note(state, { completed: count, waiting: 100 - count }, count);
  }
  expect(state.samples).toHaveLength(30);
  expect(state.samples.at(-1)?.ended).toBe(49);
});

test.each(['resume', 'retry-failed'] as const)(
  'a rollout that was taken for stopped runs once its orchestration has carried out %s',
  (command) => {
    const given = give(stopped(open(), { plan }, at(2)), command, 'c');
    expect(given).toMatchObject({ status: 'stopped', commands: [{ id: 'c' }] });
    expect(note(given, { waiting: 100 }).status).toBe('stopped');
    const carriedOut = note(given, { waiting: 100 }, 10, ['c']);
    expect(carriedOut).toMatchObject({ status: 'running', activeSince: at(10).toISOString(), commands: [] });
    expect(carriedOut).not.toHaveProperty('reason');
  },
);
