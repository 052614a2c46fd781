/** When no rotation may start, computed in another way than in the app. */
export interface FreezeCalendar {
  /** In the form of ROTATION_FREEZE_WINDOWS. */
  readonly setting: string;
  isFrozen(at: number): boolean;
}

const IN_BERLIN = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Berlin',
  weekday: 'short',
  hour: '2-digit',
  hourCycle: 'h23',
});

/**
 * From Friday, 18:00 in Berlin, for 62 hours: until Monday, 8:00, or an hour earlier or later when the clocks change.
 */
export const WEEKENDS: FreezeCalendar = {
  setting: '0 18 * * 5|PT62H|Europe/Berlin',
  isFrozen(at) {
    // Checks hour by hour, backwards: frozen if a Friday, 18:00 is less than 62 hours ago.
    for (let hours = 0; hours < 62; hours += 1) {
      const parts = IN_BERLIN.formatToParts(new Date(at - hours * 3_600_000));
      const part = (type: string): string | undefined => parts.find((one) => one.type === type)?.value;
      if (part('weekday') === 'Fri' && part('hour') === '18') return true;
    }
    return false;
  },
};
