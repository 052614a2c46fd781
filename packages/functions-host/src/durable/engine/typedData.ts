/** Values in the form that the extension and the worker exchange. */
import type { RpcTypedData } from '../../worker/app.js';

/** The result of a function as JSON text; null if there is none. Bytes become base64, as .NET serializes them. */
export function jsonOfResult(data: RpcTypedData | null | undefined): string | null {
  if (data === null || data === undefined) return null;
  if (typeof data.json === 'string') return data.json === 'null' ? null : data.json;
  if (typeof data.string === 'string') return JSON.stringify(data.string);
  if (typeof data.int === 'number') return String(data.int);
  if (typeof data.double === 'number') return JSON.stringify(data.double);
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
