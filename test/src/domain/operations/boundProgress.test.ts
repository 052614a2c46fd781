import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boundProgress,
  PROGRESS_CHARACTERS,
  type Progress,
  type Step,
} from '../../../../src/domain/operations/operation.js';

const at = '2026-03-01T12:00:00.000Z';
const stepName = fc.constantFrom('preflight', 'restoreTokenScopeMap', 'issueCredentials', 'recordVerification');
// Control characters and quotes take several characters each in JSON.
const message = fc.string({
  unit: fc.constantFrom('a', '"', '\u0001', 'ä', '\u{1f600}', '\\'),
  maxLength: 900,
  size: 'max',
});
const step: fc.Arbitrary<Step> = fc.record(
  {
    name: stepName,
    status: fc.constantFrom('running', 'waiting', 'completed', 'failed'),
    attempts: fc.nat(),
    startedAt: fc.constant(at),
    endedAt: fc.constant(at),
    message,
  },
  { requiredKeys: ['name', 'status', 'attempts', 'startedAt'] },
);
const request = { secret: { name: 'edge01-line-3', version: '0123456789abcdef' }, image: 'hello-world:latest' };
const reports = fc
  .array(fc.nat({ max: 99_999 }), { maxLength: 21, size: 'max' })
  .map((attempts) => Object.fromEntries(attempts.map((attempt) => [String(attempt), '0123456789ab'])));
const progress: fc.Arbitrary<Progress> = fc.record(
  {
    phase: stepName,
    steps: fc.array(step, { maxLength: 60, size: 'max' }),
    pullCheck: fc.record({ attempt: fc.nat(), expiresAt: fc.constant(at), reports, request: fc.constant(request) }),
  },
  { requiredKeys: ['phase', 'steps'] },
);

describe('the shown progress', () => {
  test('never exceeds 4,000 characters, and always keeps the current step and the reports', () => {
    fc.assert(
      fc.property(progress, (given) => {
        const shown = boundProgress(given);
        expect(JSON.stringify(shown).length).toBeLessThanOrEqual(PROGRESS_CHARACTERS);
        expect(shown.steps.at(-1)?.name).toBe(given.steps.at(-1)?.name);
        expect([shown.phase, shown.pullCheck]).toEqual([given.phase, given.pullCheck]);
      }),
      { numRuns: 300 },
    );
  });

  test('keeps short messages as they are', () => {
    const short: Progress = {
      phase: 'bind',
      steps: [{ name: 'bind', status: 'waiting', attempts: 1, startedAt: at, message: 'busy' }],
    };
    expect(boundProgress(short)).toEqual(short);
  });

  test('shortens long messages before it drops steps', () => {
    const long = (index: number): Step => ({
      name: `step${index}`,
      status: 'failed',
      attempts: 1,
      startedAt: at,
      message: 'm'.repeat(600),
    });
    const steps = Array.from({ length: 12 }, (_, index) => long(index));
    const shown = boundProgress({ phase: 'undoing', steps });
    expect(shown.steps.map((item) => item.name)).toEqual(steps.map((item) => item.name));
    expect(shown.steps[0]?.message).toMatch(/^m{10,}…$/);
  });

  test('drops the oldest steps if shorter messages do not suffice', () => {
    const steps = Array.from({ length: 80 }, (_, index): Step => ({
      name: `step${index}`,
      status: 'completed',
      attempts: 1,
      startedAt: at,
      endedAt: at,
    }));
    const shown = boundProgress({ phase: 'promote', steps }).steps;
    expect(JSON.stringify(shown).length).toBeLessThan(PROGRESS_CHARACTERS);
    expect(shown.length).toBeGreaterThan(20);
    expect(shown).toEqual(steps.slice(-shown.length));
  });
});
