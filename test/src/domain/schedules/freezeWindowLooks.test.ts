import type * as Ncrontab from '@connected-registry/clock/schedules/ncrontab';
import { expect, test, vi } from 'vitest';
import { frozenUntil, parseFreezeWindow } from '../../../../src/domain/schedules/freezeWindows.js';

/** Occurrences that were computed. */
const looks = vi.hoisted(() => ({ count: 0 }));
vi.mock('@connected-registry/clock/schedules/ncrontab', async (original) => {
  const { parseNcrontab, ...others } = await original<typeof Ncrontab>();
  const counted: typeof parseNcrontab = (cron, timeZone) => {
    const parsed = parseNcrontab(cron, timeZone);
    if (!parsed) return undefined;
    return {
      ...parsed,
      next: (after) => {
        looks.count += 1;
        return parsed.next(after);
      },
    };
  };
  return { ...others, parseNcrontab: counted };
});

test.each(['* * * * *|P1D', '* * * * *|P7D', '*/7 0-11 * * *|P7D|Europe/Berlin', '* * * * *|PT1M'])(
  'takes few looks at its schedule: %s',
  (text) => {
    const window = parseFreezeWindow(text);
    const windows = window ? [window] : [];
    looks.count = 0;
    expect(frozenUntil(windows, new Date('2026-03-01T12:00:30Z'))).toBeDefined();
    expect(looks.count).toBeGreaterThan(0);
    expect(looks.count).toBeLessThan(5000);
  },
);
