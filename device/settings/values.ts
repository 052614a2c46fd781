import { z } from 'zod';

/** How the values of settings look: each form once. */
export const text = z.string().min(1);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const port = z.coerce.number().int().min(0).max(65_535);
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

/** An address without a trailing slash. */
export const baseUrl = (protocol: RegExp) => z.url({ protocol }).transform((url) => url.replace(/\/+$/, ''));

/** A key over plain http could be read on the way: only what stays on this machine goes so. */
export const secureUrl = baseUrl(/^https?$/).refine(
  (url) => url.startsWith('https:') || ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname),
  { error: 'must be https, except to this machine' },
);

/** Seconds as milliseconds. */
export const seconds = (most: number) =>
  z.coerce
    .number()
    .positive()
    .max(most)
    .transform((value) => value * 1_000);
