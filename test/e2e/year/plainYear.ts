import { expect, test } from 'vitest';
import { REGISTRIES } from '@connected-registry/local-stack/year/fleet';
import { runYear } from './yearRun.js';

/** Days after which a rotation is due, at the latest: two thirds of 90 days, and what their start is spread over. */
const ROTATED_WITHIN = 74;

/**
 * The test of the first days of a year, without troubles.
 *
 * @param each how many clients every connected registry has.
 */
export function plainYearTest(days: number, each: number): void {
  test(`in ${days} days of 90-day credentials no pull fails, and waves, freeze windows, deadlines and the two writes are kept`, async () => {
    const year = await runYear('--days', String(days), '--clients', String(each));
    expect(year.output).not.toContain('BROKEN');
    expect(year.status).toBe(0);
    for (const { name } of REGISTRIES) {
      const [clients = 0, , pulls = 0, atSteps = 0, failed, rotations = 0, givenUp] = year.row(name);
      expect({ name, clients, failed, givenUp }).toEqual({ name, clients: each, failed: 0, givenUp: 0 });
      // Four times a day.
      expect(pulls).toBe(each * 4 * days);
      expect(rotations).toBeGreaterThanOrEqual(each * Math.floor(days / ROTATED_WITHIN));
      // Issued, saved, asked, promoted, its candidate disabled, notified, revoked: before and after each.
      expect(atSteps).toBeGreaterThan(rotations * 14);
    }
  });
}
