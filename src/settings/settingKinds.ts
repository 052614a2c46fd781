import { z } from 'zod';

/** `true` or `false`, as text. */
export const flag = (usual: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .default(usual ? 'true' : 'false')
    .transform((text) => text === 'true');

export const whole = (least: number, most: number, usual: number) =>
  z.coerce
    .number(`must be a number`)
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`)
    .default(usual);
