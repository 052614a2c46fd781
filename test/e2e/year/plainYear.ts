import { expect, test } from 'vitest';
import { REGISTRIES } from '@connected-registry/local-stack/year/fleet';
import { runYear } from './yearRun.js';

/**
 * Days within which a rotation ends, after two thirds of a lifetime: what their start is spread over, and the wait for
 * a night's sync.
 */
const ROTATED_WITHIN = 14;

/** How much of a year a test simulates. */
export interface YearSize {
  readonly days: number;
  /** How many clients every connected registry has. */
  readonly each: number;
  /** Days for which a credential is valid. */
  readonly lifetime: number;
}

/** The test of the first days of a year, without troubles. */
export function plainYearTest({ days, each, lifetime }: YearSize): void {
  test(`in ${days} days of ${lifetime}-day credentials no pull fails, and waves, freeze windows, deadlines and the two writes are kept`, async () => {
    const year = await runYear(...flags({ days, clients: each, lifetime }));
    expect(year.output).not.toContain('BROKEN');
    expect(year.status).toBe(0);
    for (const { name } of REGISTRIES) {
      const [clients = 0, , pulls = 0, atSteps = 0, failed, rotations = 0, givenUp] = year.row(name);
      expect({ name, clients, failed, givenUp }).toEqual({ name, clients: each, failed: 0, givenUp: 0 });
      // Four times a day.
      expect(pulls).toBe(each * 4 * days);
      expect(rotations).toBeGreaterThanOrEqual(each * Math.floor(days / ((lifetime * 2) / 3 + ROTATED_WITHIN)));
      // Issued, saved, asked, promoted, its candidate disabled, notified, revoked: before and after each.
      expect(atSteps).toBeGreaterThan(rotations * 14);
    }
  });
}

function flags(values: Readonly<Record<string, number>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
