import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LONGEST_TIMER } from '../../../src/orchestrations/run/durableWait.js';

const folder = new URL('../../../src/orchestrations/', import.meta.url);
const files = sourcesIn(folder);
/** Source files below a folder, by their path there. */
function sourcesIn(where: URL): string[] {
  return readdirSync(where, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
}

const codeOf = (name: string) =>
  readFileSync(new URL(name, folder), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '');

/** Lint sees imports, globals and properties, but not a constructor without arguments. */
const FORBIDDEN = [
  /\bnew Date\s*(?:\(\s*\)|(?![\s(]))/,
  /(?<!new )\bDate\s*\(/,
  /\bDate\.now\b/,
  /\bMath\.random\b/,
  /\bperformance\b/,
  /\bglobalThis\b/,
  /\bprocess\b/,
  /\bimport\s*\(/,
  /\brequire\s*\(/,
  /\bawait\b/,
  /\basync\b/,
  /\bcallHttp\b/,
  /\bcallActivityWithRetry\b/,
  /\bcallSubOrchestrator\b/,
  /\bTask\.all\b/,
  /\bdf\.lock\b/,
];

/** It drops events that wait for the instance. Nobody sends sweeps and rollouts any: not even a cancel. */
const CONTINUES_AS_NEW = ['onboardProfile.ts', 'rollout.ts', 'rotationSweep.ts'];

/** Makes every durable timer, in pieces that the real engine bears. */
const CREATES_TIMERS = ['run/durableWait.ts'];

describe('an orchestration', () => {
  test('creates timers in one place only, which limits them', () => {
    expect(files.filter((name) => /\bcreateTimer\b|\['createTimer/.test(codeOf(name)))).toEqual(CREATES_TIMERS);

    const others = ['entities', 'activities', 'triggers/durable', 'telemetry'].flatMap((name) => {
      const other = new URL(`../../../src/${name}/`, import.meta.url);
      return sourcesIn(other).map((file) => readFileSync(new URL(file, other), 'utf8'));
    });

    for (const code of others) expect(code).not.toMatch(/createTimer/);
    expect(LONGEST_TIMER).toBe(5 * 24 * 3600 * 1000);
  });

  test('loses no event by continuing as new', () => {
    expect(files.filter((name) => /\bcontinueAsNew\b/.test(codeOf(name)))).toEqual(CONTINUES_AS_NEW);
    for (const name of CONTINUES_AS_NEW) expect(codeOf(name)).not.toMatch(/waitForExternalEvent|Cancellation/);
  });

  test.each(files)('reads no clock and nothing else that a replay would change: %s', (name) => {
    for (const pattern of FORBIDDEN) expect(codeOf(name)).not.toMatch(pattern);
  });

  test('is found in the searched folder', () => {
    expect(files).toContain('onboard.ts');
    expect(codeOf('onboard.ts')).toContain('function* onboard');
  });

  test.each(['const a = new Date();', 'new Date( )', 'new Date', 'Date()', 'await x'])(
    'is reported for: %s',
    (code) => {
      expect(FORBIDDEN.some((pattern) => pattern.test(code))).toBe(true);
    },
  );

  test('may create a date from a known instant', () => {
    expect(FORBIDDEN.some((pattern) => pattern.test('new Date(context.df.currentUtcDateTime.getTime())'))).toBe(false);
  });
});
