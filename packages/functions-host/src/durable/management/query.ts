/** Query parameters as .NET reads them: a value that does not parse counts as absent. */
import { sameName } from '../../caseInsensitive.js';

/** A boolean, ignoring case. */
export function booleanParameter(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const text = parameter(query, name)?.trim().toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : otherwise;
}

/** A whole number. */
export function numberParameter(query: URLSearchParams, name: string): number | undefined {
  const text = parameter(query, name) ?? '';
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** A number of seconds, which may have a fraction. */
export function secondsParameter(query: URLSearchParams, name: string): number | undefined {
  const text = parameter(query, name) ?? '';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** A time, as ms. */
export function timeParameter(query: URLSearchParams, name: string): number | undefined {
  const time = Date.parse(parameter(query, name) ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** The value of a parameter; those of a repeated one are joined. Names ignore case. */
export function parameter(query: URLSearchParams, name: string): string | undefined {
  const values = [...query].filter(([key]) => sameName(key, name)).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(',');
}

/** All values of a parameter, split at commas. */
export const listParameter = (query: URLSearchParams, name: string): string[] =>
  [...query].filter(([key]) => sameName(key, name)).flatMap(([, value]) => value.split(','));
