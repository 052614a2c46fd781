/** Time spans as .NET formats and parses them (Azure docs: functions-bindings-timer, "TimeSpan"). */

/**
 * Parses `[-][days.]hh:mm[:ss[.fraction]]`, the same with a colon after the days or with only the fraction for seconds,
 * or whole days, to milliseconds; undefined for other texts. If the first of three numbers is not an hour it counts
 * days: `24:00:00` is 24 days. Source: dotnet/runtime, TimeSpanParse.cs; recorded in
 * packages/clock/test/schedules/ncrontab.
 */
export function parseTimeSpan(text: string): number | undefined {
  const [, minus, body = ''] = FRAME.exec(text) ?? [];
  const found = FORMS.map((form) => form.exec(body)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return undefined;
  const number = (name: string): number => Number(found[name] ?? 0);
  let [days, hours, minutes, seconds] = [number('days'), number('hours'), number('minutes'), number('seconds')];
  const fraction = found['fraction'] === undefined ? 0 : fractionTicks(found['fraction']);
  const isOfThree = found['days'] === undefined && found['seconds'] !== undefined && found['fraction'] === undefined;
  if (isOfThree && hours > 23) [days, hours, minutes, seconds] = [hours, minutes, seconds, 0];
  if (hours > 23 || minutes > 59 || seconds > 59 || fraction === undefined) return undefined;
  const whole = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + Math.floor(fraction / TICKS);
  const rest = fraction % TICKS;
  const longest = LONGEST.ticks + (minus === undefined ? 0 : 1);
  if (whole > LONGEST.milliseconds || (whole === LONGEST.milliseconds && rest > longest)) return undefined;
  return minus === undefined ? whole : -whole;
}

/** White space as in .NET: unlike JavaScript, it includes the next-line character and excludes the byte order mark. */
const BLANK = String.raw`[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*`;
const FRAME = new RegExp(`^${BLANK}(-)?(.*?)${BLANK}$`, 's');
const FORMS = [
  /^(?<days>\d+)$/,
  /^(?:(?<days>\d+)\.)?(?<hours>\d+):(?<minutes>\d+)$/,
  /^(?:(?<days>\d+)[.:])?(?<hours>\d+):(?<minutes>\d+):(?<seconds>\d+)(?:\.(?<fraction>\d+))?$/,
  /^(?:(?<days>\d+)[.:])?(?<hours>\d+):(?<minutes>\d+):\.(?<fraction>\d+)$/,
];
/**
 * Ticks per millisecond, .NET's unit of time spans. The longest time span ends this many ticks after a whole
 * millisecond.
 */
const TICKS = 10_000;
const LONGEST = { milliseconds: 922_337_203_685_477, ticks: 5_807 };
/** Digits of a fraction that are kept, and the number above which the parser accepts no further digit. */
const DIGITS = 7;
const LARGEST = 0x0f_ff_ff_ff;

/**
 * Ticks of a fraction of a second. More than seven digits are rounded if the fraction starts with a zero, and refused
 * otherwise.
 */
function fractionTicks(digits: string): number | undefined {
  const number = Number(digits);
  if (number === 0) return 0;
  if (digits.length <= DIGITS) return number * 10 ** (DIGITS - digits.length);
  if (!digits.startsWith('0') || Math.floor(number / 10) > LARGEST || number > 0x7f_ff_ff_ff) return undefined;
  return Math.round(number / 10 ** (digits.length - DIGITS));
}

/** Formats as `hh:mm:ss`, with days and fractions of a second if there are any. */
export function formatTimeSpan(milliseconds: number): string {
  const total = Math.abs(Math.trunc(milliseconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const days = Math.floor(total / 86_400_000);
  const hours = Math.floor(total / 3_600_000) % 24;
  const time = `${two(hours)}:${two(Math.floor(total / 60_000) % 60)}:${two(Math.floor(total / 1000) % 60)}`;
  const rest = total % 1000;
  return `${milliseconds < 0 ? '-' : ''}${days > 0 ? `${days}.` : ''}${time}${rest > 0 ? `.${String(rest).padStart(3, '0')}0000` : ''}`;
}
