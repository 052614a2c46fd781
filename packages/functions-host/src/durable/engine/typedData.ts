/** Values in the form that the extension and the worker exchange. */
import { floatToken } from '../json/tokens.js';
import { writeJson } from '../json/jsonWriter.js';
import { storedJson } from '../json/stored.js';
import type { RpcTypedData } from '../../worker/app.js';

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** A whole number as the worker sends it: one beyond 64 bits becomes the nearest that has them. */
function wholeNumber(value: number): string {
  const whole = BigInt(value);
  return String(whole > int64.max ? int64.max : whole < int64.min ? int64.min : whole);
}

/**
 * The result of a function as JSON text; null if there is none. Bytes become base64, as .NET serializes them.
 * @throws JsonReadError for a value that the extension cannot read
 */
export function jsonOfResult(data: RpcTypedData | null | undefined): string | null {
  if (data === null || data === undefined) return null;
  if (typeof data.json === 'string') return data.json === 'null' ? null : storedJson(data.json);
  if (typeof data.string === 'string') return storedJson(JSON.stringify(data.string));
  if (typeof data.int === 'number') return wholeNumber(data.int);
  if (typeof data.double === 'number') return writeJson(floatToken(data.double));
  const bytes = data.bytes ?? data.stream;
  if (bytes !== null && bytes !== undefined) return JSON.stringify(Buffer.from(bytes).toString('base64'));
  return null;
}

/**
 * An activity's input as the extension passes it on: numbers and objects as JSON, a boolean as .NET's text, null as
 * nothing. A text keeps the JSON form that the SDK gave it.
 */
export function activityInput(json: string | null): RpcTypedData {
  if (json === null) return {};
  const value: unknown = JSON.parse(json);
  if (value === null) return {};
  if (typeof value === 'string') return { string: value };
  if (typeof value === 'boolean') return { string: value ? 'True' : 'False' };
  return { json };
}
