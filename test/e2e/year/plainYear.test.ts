// @module-tag jumping-clock
import { expect, test } from 'vitest';
import { REGISTRIES } from '../../../local/year/fleet.js';
import { runYear } from './yearRun.js';

const minute = 60_000;

test(
  'in a year of 90-day credentials no pull fails, and waves, freeze windows, deadlines and the two writes are kept',
  async () => {
    const year = await runYear();
    expect(year.status).toBe(0);
    expect(year.output).not.toContain('BROKEN');
    for (const { name } of REGISTRIES) {
      const [clients = 0, , pulls = 0, atSteps = 0, failed, rotations = 0, givenUp] = year.row(name);
      expect({ name, clients, failed, givenUp }).toEqual({ name, clients: 10, failed: 0, givenUp: 0 });
      // Ten clients, four times a day; each is rotated every 60 to 74 days.
      expect(pulls).toBe(10 * 4 * 365);
      expect(rotations).toBeGreaterThanOrEqual(40);
      // Issued, saved, asked, promoted, its candidate disabled, told, revoked: before and after each.
      expect(atSteps).toBeGreaterThan(rotations * 14);
    }
  },
  120 * minute,
);
