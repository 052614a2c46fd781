import { z } from 'zod';

/** `true` or `false`, as text. */
export const flag = (usual: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .default(usual ? 'true' : 'false')
    .transform((text) => text === 'true');

export const whole = (min: number, max: number, usual: number) =>
  z.coerce
    .number(`must be a number`)
    .int('must be a whole number')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .default(usual);
