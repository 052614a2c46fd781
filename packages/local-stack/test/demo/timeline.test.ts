import { expect, test } from 'vitest';
import { paintFor } from '../../src/demo/paint.js';
import type { ShownOperation, ShownStep } from '../../src/demo/operations.js';
import { Timeline, wrap } from '../../src/demo/timeline.js';

const PLAIN = paintFor(false, {});
const REPLACED = { bind: { done: 'bound', byHand: 'az acr connected-registry update --add-client-token t' } };

const operation = (...steps: Partial<ShownStep>[]): ShownOperation => ({
  id: 'i.r',
  status: 'running',
  phase: 'bind',
  steps: steps.map((step) => ({
    name: 'bind',
    status: 'running',
    attempts: 1,
    startedAt: '2025-01-01T00:00:00Z',
    ...step,
  })),
});

function shown(width: number, ...operations: ShownOperation[]): string[] {
  const lines: string[] = [];
  const timeline = new Timeline((line) => lines.push(line.replace(/^ +[\d.]+ s/, 'T')), PLAIN, width, REPLACED);
  for (const one of operations) timeline.show(one);
  return lines;
}

test('a step is shown once, when it has ended, beside the command that it replaces', () => {
  const lines = shown(160, operation({}), operation({ status: 'completed' }), operation({ status: 'completed' }));
  expect(lines).toEqual([expect.stringMatching(/^T {2}\+ bind +bound +\| az acr connected-registry update/)]);
});

test('on a narrow screen the command stands below its step', () => {
  const lines = shown(80, operation({ status: 'completed' }));
  expect(lines[0]).toMatch(/^T {2}\+ bind +bound$/);
  expect(lines[1]).toMatch(/^ +\| az acr/);
});

test('the reason why a step waits is shown, and each change once', () => {
  const lines = shown(
    160,
    operation({ status: 'waiting', message: 'not synced' }),
    operation({ status: 'waiting', message: 'not synced' }),
    operation({ status: 'waiting', message: 'unreachable', attempts: 2 }),
    operation({ status: 'failed', message: 'gave up', attempts: 2 }),
  );
  expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'T . bind not synced',
    'T . bind unreachable (attempt 2)',
    'T x bind gave up (attempt 2)',
  ]);
});

test('only a terminal gets colours, and not if NO_COLOR is set', () => {
  expect(paintFor(true, {}).good('x')).not.toBe('x');
  expect(paintFor(true, { NO_COLOR: '1' }).good('x')).toBe('x');
  expect(paintFor(false, {}).good('x')).toBe('x');
});

test('commands break only at spaces', () => {
  expect(wrap('aaa bbb ccccccccc d', 7)).toEqual(['aaa bbb', 'ccccccccc', 'd']);
});
