/** Texts of events that look like times. The Event Grid extension reads them as times and writes them in .NET's form. */
import { JsonLiteral, type JsonObject, type JsonToken } from '../durable/json/tokens.js';

const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:\d\d)?$/;

/** The value with all its times rewritten: no zeros at the end of a fraction, and an offset becomes that of this machine. */
export function withDates(token: JsonToken): JsonToken {
  if (typeof token === 'string') return rewritten(token);
  if (Array.isArray(token)) return (token as readonly JsonToken[]).map(withDates);
  if (token instanceof JsonLiteral || !(token instanceof Map)) return token;
  return new Map([...(token as JsonObject)].map(([name, value]) => [name, withDates(value)]));
}

function rewritten(text: string): string {
  const [, seconds, fraction = '', zone = ''] = time.exec(text) ?? [];
  if (seconds === undefined || Number.isNaN(Date.parse(`${seconds}Z`))) return text;
  const digits = fraction.replace(/0+$/, '');
  const rest = digits === '' ? '' : `.${digits}`;
  if (zone === '' || zone === 'Z') return `${seconds}${rest}${zone}`;
  const at = new Date(`${seconds}${zone}`);
  const minutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  return `${local}${rest}${offsetOf(minutes)}`;
}

function offsetOf(minutes: number): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
