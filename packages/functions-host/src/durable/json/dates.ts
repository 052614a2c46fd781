/**
 * Texts that look like times. Newtonsoft.Json reads them as times, and writes them in .NET's form (observed on the real
 * host; public source: DateTimeUtils.cs, DateTimeParser.cs).
 */
import { JsonLiteral, type JsonObject, type JsonToken } from './tokens.js';

const iso = /^(\d{4}-\d\d-\d\d)T(\d\d):([0-5]\d):([0-5]\d)(?:\.(\d{1,7}))?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?$/;
const microsoft = /^\/Date\((-?\d{1,14})(?:([+-])\d\d(?:\d\d)?)?\)\/$/;
const first = Date.parse('0001-01-01T00:00:00Z');
const last = Date.parse('9999-12-31T23:59:59Z');

/** A time as .NET has read it. */
interface NetTime {
  /** `yyyy-MM-ddTHH:mm:ss`. */
  readonly seconds: string;
  /** Digits without zeros at the end. */
  readonly fraction: string;
  /** Empty for a time without a zone, `Z`, or the offset of this machine, to whose time others are converted. */
  readonly zone: string;
}

/** @returns undefined for a text that .NET does not take for a time */
export function netTime(text: string): NetTime | undefined {
  return isoTime(text) ?? microsoftTime(text);
}

/** The value with all its times rewritten. */
export function withDates(token: JsonToken): JsonToken {
  if (typeof token === 'string') return rewrittenDate(token);
  if (Array.isArray(token)) return (token as readonly JsonToken[]).map(withDates);
  if (token instanceof JsonLiteral || !(token instanceof Map)) return token;
  return new Map([...(token as JsonObject)].map(([name, value]) => [name, withDates(value)]));
}

/** The text, in .NET's form if it is a time. */
export function rewrittenDate(text: string): string {
  const time = netTime(text);
  if (time === undefined) return text;
  return `${time.seconds}${time.fraction === '' ? '' : `.${time.fraction}`}${time.zone}`;
}

/**
 * The text; if it is a time, as .NET writes one that it has read where it wants text: to the second, and without a
 * zone.
 */
export function textOfDate(text: string): string {
  const [, year, month, day, time] = /^(\d+)-(\d\d)-(\d\d)T(.*)$/.exec(netTime(text)?.seconds ?? '') ?? [];
  return year === undefined ? text : `${month}/${day}/${year} ${time}`;
}

/** A UTC time as .NET writes it after it has read it as a time of this machine. */
export const asLocalTime = (utc: string): string => rewrittenDate(utc.replace(/Z$/, '+00:00'));

function isoTime(text: string): NetTime | undefined {
  const [, day = '', hour, minute, second, digits = '', utc = '', sign, hours = '0', minutes = '0'] =
    iso.exec(text) ?? [];
  const midnight = new Date(`${day}T00:00:00Z`);
  // JavaScript takes 30 February for a day of March. There is no year 0 in .NET.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day) || day.startsWith('0000'))
    return undefined;
  const fraction = digits.replace(/0+$/, '');
  const inDay = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  if (inDay > 86_400 || (inDay === 86_400 && fraction !== '')) return undefined;
  const at = midnight.getTime() + inDay * 1000;
  if (sign === undefined) return { seconds: secondsOf(at), fraction, zone: utc };
  return local(at - (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000, fraction);
}

function microsoftTime(text: string): NetTime | undefined {
  const [, number, sign] = microsoft.exec(text) ?? [];
  if (number === undefined) return undefined;
  const ms = Number(number);
  const at = Math.floor(ms / 1000) * 1000;
  if (at < first || at > last) return undefined;
  const fraction = String(ms - at)
    .padStart(3, '0')
    .replace(/0+$/, '');
  return sign === undefined ? { seconds: secondsOf(at), fraction, zone: 'Z' } : local(at, fraction);
}

/** In the time of this machine. What .NET cannot count is its first or last moment. */
function local(at: number, fraction: string): NetTime {
  const minutes = -new Date(Math.min(Math.max(at, first), last)).getTimezoneOffset();
  const shifted = at + minutes * 60_000;
  const zone = offsetOf(minutes);
  if (shifted < first) return { seconds: secondsOf(first), fraction: '', zone };
  if (shifted > last) return { seconds: secondsOf(last), fraction: '9999999', zone };
  return { seconds: secondsOf(shifted), fraction, zone };
}

const secondsOf = (at: number): string => new Date(at).toISOString().slice(0, 19);

function offsetOf(minutes: number): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
