/** Time spans as .NET writes and reads them (Azure docs: functions-bindings-timer, "TimeSpan"). */

/**
 * Milliseconds of `[-][days.]hh:mm[:ss[.fraction]]` or of whole days; undefined for any other text. With 24 hours or more the
 * first number counts days: `24:00:00` is 24 days.
 */
export function parseTimeSpan(text: string): number | undefined {
  const found = /^\s*(-)?(?:(\d+)|(?:(\d+)\.)?(\d+):(\d+)(?::(\d+)(?:\.(\d{1,7}))?)?)\s*$/.exec(text);
  if (found === null) return undefined;
  const [, minus, wholeDays, dayPart, first, second, third, fraction] = found;
  const sign = minus === undefined ? 1 : -1;
  if (wholeDays !== undefined) return sign * Number(wholeDays) * 86_400_000;
  let [days, hours, minutes, seconds] = [dayPart, first, second, third].map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  if (dayPart === undefined && hours > 23) [days, hours, minutes, seconds] = [hours, minutes, seconds, 0];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const milliseconds = fraction === undefined ? 0 : Math.trunc(Number(`0.${fraction}`) * 1000);
  return sign * ((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds);
}

/** `hh:mm:ss`, with days and fractions of a second where there are any. */
export function formatTimeSpan(milliseconds: number): string {
  const total = Math.abs(Math.trunc(milliseconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const days = Math.floor(total / 86_400_000);
  const hours = Math.floor(total / 3_600_000) % 24;
  const time = `${two(hours)}:${two(Math.floor(total / 60_000) % 60)}:${two(Math.floor(total / 1000) % 60)}`;
  const rest = total % 1000;
  return `${milliseconds < 0 ? '-' : ''}${days > 0 ? `${days}.` : ''}${time}${rest > 0 ? `.${String(rest).padStart(3, '0')}0000` : ''}`;
}
