/** When no rotation may begin, worked out by another way than the app's. */
export interface FreezeCalendar {
  /** As ROTATION_FREEZE_WINDOWS has it. */
  readonly setting: string;
  isFrozen(at: number): boolean;
}

const IN_BERLIN = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Berlin',
  weekday: 'short',
  hour: '2-digit',
  hourCycle: 'h23',
});

/** From Friday, 18 o'clock in Berlin, for 62 hours: to Monday, 8 o'clock, or an hour beside that when its clocks change. */
export const WEEKENDS: FreezeCalendar = {
  setting: '0 18 * * 5|PT62H|Europe/Berlin',
  isFrozen(at) {
    // Looked at hour by hour, backwards: frozen if a Friday's 18 o'clock lies less than 62 hours back.
    for (let hours = 0; hours < 62; hours += 1) {
      const parts = IN_BERLIN.formatToParts(new Date(at - hours * 3_600_000));
      const part = (type: string): string | undefined => parts.find((one) => one.type === type)?.value;
      if (part('weekday') === 'Fri' && part('hour') === '18') return true;
    }
    return false;
  },
};
