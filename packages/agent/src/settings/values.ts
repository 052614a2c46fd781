import { z } from 'zod';

/** Schemas of the values of settings, one for each form. */
export const text = z.string({ error: 'is missing' }).min(1);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const port = z.coerce.number().int().min(0).max(65_535);
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

/** A URL without a trailing slash. A missing value, an invalid URL and a wrong scheme have different messages. */
export const baseUrl = (scheme: 'http or https' | 'https') =>
  z
    .string({ error: 'is missing' })
    .check((context) => {
      const { value } = context;
      const protocol = URL.canParse(value) ? new URL(value).protocol : undefined;
      const hasScheme = protocol === 'https:' || (scheme === 'http or https' && protocol === 'http:');
      if (hasScheme && /^https?:\/\/[^/?#]/i.test(value)) return;
      // Without slashes the host would be read as a scheme: `localhost:7443`.
      const isAddress = protocol !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
      const message = isAddress ? `has a wrong scheme: it must be ${scheme}` : `must be an address with ${scheme}://`;
      context.issues.push({ code: 'custom', input: value, message });
    })
    .transform((url) => url.replace(/\/+$/, ''));

const LOOPBACK = ['localhost', '[::1]', '::1'];

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host.toLowerCase()) || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A key must not travel over plain http, except on this machine. */
export const secureUrl = baseUrl('http or https').refine(
  (url) => url.startsWith('https:') || (URL.canParse(url) && isLoopback(new URL(url).hostname)),
  { error: 'must be https, except to this machine' },
);

/** Seconds, converted to milliseconds. */
export const seconds = (max: number) =>
  z.coerce
    .number()
    .positive()
    .max(max)
    .transform((value) => value * 1_000);

const isOrigin = (url: string) => {
  const { pathname, search, hash, username, password } = new URL(url);
  return pathname === '/' && `${search}${hash}${username}${password}` === '';
};

/**
 * The app's address for a device that signs its requests: a front end that adds a path of its own would change the
 * paths that are signed.
 */
export const appOrigin = secureUrl.refine((url) => !URL.canParse(url) || isOrigin(url), {
  error: "must be the app's base address, without a path",
});
