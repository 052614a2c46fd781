import type { Operation, Step } from '@connected-registry/protocol/answers/answers';
import { describe, expect, test } from 'vitest';
import { progressText, TIMELINE_LENGTH, timelineOf, wordsOf } from '../../../src/views/operations/timeline.js';

const BEGIN = Date.parse('2026-03-01T12:00:00Z');
const at = (seconds: number) => new Date(BEGIN + seconds * 1000).toISOString();

const step = (name: string, from: number, until?: number, more: Partial<Step> = {}): Step => ({
  name,
  status: until === undefined ? 'running' : 'completed',
  attempts: 1,
  startedAt: at(from),
  ...(until === undefined ? {} : { endedAt: at(until) }),
  ...more,
});

const operation = (steps: readonly Step[], more: Partial<Operation> = {}): Operation => ({
  id: 'key.run',
  kind: 'onboard',
  runId: 'run',
  status: 'running',
  phase: 'pullCheck',
  startedAt: at(0),
  steps,
  ...more,
});

describe('a timeline', () => {
  test('places steps in the time of their operation', () => {
    const done = operation([step('preflight', 0, 10), step('bind', 10, 100)], {
      status: 'completed',
      endedAt: at(100),
    });
    const { steps, undo, took } = timelineOf(done, BEGIN + 999_000_000);
    expect(steps.map(({ label, after, took: length, place }) => ({ label, after, length, place }))).toEqual([
      { label: 'Preflight', after: 0, length: 10_000, place: { start: 0, width: 100 } },
      { label: 'Bind', after: 10_000, length: 90_000, place: { start: 100, width: 900 } },
    ]);
    expect(undo).toEqual([]);
    expect(took).toBe(100_000);
  });

  test('ends now while the operation is in progress', () => {
    const { steps, took } = timelineOf(operation([step('preflight', 0, 10), step('pullCheck', 10)]), BEGIN + 40_000);
    expect(took).toBe(40_000);
    expect(steps[1]).toMatchObject({ took: 30_000, place: { start: 250, width: 750 } });
  });

  test('shows the time between two steps, from a second on', () => {
    const { steps } = timelineOf(
      operation([step('preflight', 2, 3), step('ensureToken', 3.9, 5), step('pullCheck', 65, 70)]),
      BEGIN + 70_000,
    );
    expect(steps.map(({ pause }) => pause)).toEqual([2000, undefined, 60_000]);
  });

  test('tells the undo of a failed run from its steps', () => {
    const failed = operation(
      [
        step('preflight', 0, 1),
        step('bind', 1, 2, { status: 'failed', message: 'refused' }),
        step('withdrawBindingRequest', 2, 3),
        step('removeToken', 3, 4),
      ],
      { status: 'rolledBack', endedAt: at(4) },
    );
    const { steps, undo } = timelineOf(failed, BEGIN);
    expect(steps.map(({ step: { name } }) => name)).toEqual(['preflight', 'bind']);
    expect(undo.map(({ step: { name } }) => name)).toEqual(['withdrawBindingRequest', 'removeToken']);
  });

  test('of an offboarding has no undo: to unbind is its work', () => {
    const { steps, undo } = timelineOf(operation([step('unbind', 0, 1)], { kind: 'offboard' }), BEGIN);
    expect([steps.length, undo.length]).toEqual([1, 0]);
  });

  test('bears a clock that is behind: nothing ends before it began, and everything is on the bar', () => {
    const { steps, took } = timelineOf(operation([step('preflight', 5, 20), step('pullCheck', 20)]), BEGIN - 60_000);
    expect(took).toBe(20_000);
    for (const { place, took: length } of steps) {
      expect(length).toBeGreaterThanOrEqual(0);
      expect((place?.start ?? NaN) + (place?.width ?? NaN)).toBeLessThanOrEqual(TIMELINE_LENGTH);
    }
  });

  test('says what it can of times that cannot be read', () => {
    const { steps } = timelineOf(
      operation([step('preflight', 0, 1, { startedAt: 'x' }), step('bind', 1, 2)], { endedAt: at(2) }),
      BEGIN,
    );
    expect(steps[0]).toEqual({ step: expect.anything(), label: 'Preflight' });
    expect(steps[1]).toMatchObject({ after: 1000, took: 1000 });
    const unknown = timelineOf(operation([step('preflight', 0, 1)], { startedAt: 'x' }), BEGIN);
    expect(unknown).toEqual({ steps: [{ step: expect.anything(), label: 'Preflight', took: 1000 }], undo: [] });
  });

  test('of a hundred years has no step that cannot be seen', () => {
    const { steps } = timelineOf(operation([step('preflight', 0, 0), step('pullCheck', 3e9, 3e9)]), BEGIN);
    for (const { place } of steps) expect(place?.width).toBeGreaterThan(0);
  });
});

test.each([
  ['ensureScopeMap', 'Ensure scope map'],
  ['bind', 'Bind'],
  ['', ''],
  ['<b>X', '<b>X'],
])('%s in words', (name, words) => {
  expect(wordsOf(name)).toBe(words);
});

describe('what is read out while an operation goes on', () => {
  test('is its last step with status and attempt, without times and messages', () => {
    const waiting = step('pullCheck', 1, undefined, {
      status: 'waiting',
      attempts: 3,
      message: 'asking again at 12:00',
    });
    expect(progressText(operation([step('bind', 0, 1), waiting]))).toBe('Pull check: waiting, attempt 3.');
    expect(progressText(operation([]))).toBe('The operation has not begun its first step.');
  });

  test('is how it ended', () => {
    expect(progressText(operation([], { status: 'failed', endedAt: at(1) }))).toBe('The operation has ended: failed.');
  });
});
