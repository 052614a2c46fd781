/** Time spans as .NET writes and reads them (Azure docs: functions-bindings-timer, "TimeSpan"). */

/**
 * Milliseconds of `[-][days.]hh:mm[:ss[.fraction]]`, of the same with a colon after the days, or of whole days; undefined
 * for any other text. Where the first of three numbers is no hour it counts days: `24:00:00` is 24 days.
 */
export function parseTimeSpan(text: string): number | undefined {
  const [, minus, body = ''] = /^\s*(-)?(.*?)\s*$/.exec(text) ?? [];
  const found = FORMS.map((form) => form.exec(body)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return undefined;
  const number = (name: string): number => Number(found[name] ?? 0);
  let [days, hours, minutes, seconds] = [number('days'), number('hours'), number('minutes'), number('seconds')];
  if (found['days'] === undefined && found['seconds'] !== undefined && hours > 23)
    [days, hours, minutes, seconds] = [hours, minutes, seconds, 0];
  if (hours > 23 || minutes > 59 || seconds > 59 || days > MOST_DAYS) return undefined;
  const fraction = Math.trunc(Number(`0.${found['fraction'] ?? 0}`) * 1000);
  const milliseconds = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + fraction;
  return minus === undefined ? milliseconds : -milliseconds;
}

const FORMS = [
  /^(?<days>\d+)$/,
  /^(?:(?<days>\d+)\.)?(?<hours>\d+):(?<minutes>\d+)$/,
  /^(?:(?<days>\d+)[.:])?(?<hours>\d+):(?<minutes>\d+):(?<seconds>\d+)(?:\.(?<fraction>\d{1,7}))?$/,
];
/** The longest time span of .NET, in whole days. */
const MOST_DAYS = 10_675_199;

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
