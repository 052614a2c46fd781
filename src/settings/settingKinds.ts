import { z } from 'zod';

/** A setting that is `true` or `false`. @param initial the default. */
export const flag = (initial: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .default(initial ? 'true' : 'false')
    .transform((text) => text === 'true');

/** A setting that is a whole number from `min` to `max`. @param initial the default. */
export const whole = (min: number, max: number, initial: number) => wholeNumber(min, max).default(initial);

/** A whole number without a default. */
export const wholeNumber = (min: number, max: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`);

/** The items of a comma-separated setting. */
export const list = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** An id of Entra, in lower case. */
export const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
