import { isIP } from 'node:net';

/** How many keys are remembered; beyond that the ones seen longest ago are forgotten, and begin anew. */
const MAX_KEYS = 10_000;

/** Authentic messages of one operation in a minute: an attempt has one report, and a device may repeat it. */
export const MAX_OF_ONE_OPERATION = 30;

interface Bucket {
  tokens: number;
  at: number;
}

/** So much a minute for each key, in one instance of the app: a guard against floods, no account of anything. */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly perMinute: number) {}

  /** @returns seconds to wait, at least one, or undefined where the call may pass. @param now in milliseconds. */
  take(key: string, now: number): number | undefined {
    const before = this.buckets.get(key) ?? { tokens: this.perMinute, at: now };
    const earned = (Math.max(0, now - before.at) / 60_000) * this.perMinute;
    const tokens = Math.min(this.perMinute, before.tokens + earned);
    const passes = tokens >= 1;
    this.buckets.delete(key);
    this.buckets.set(key, { tokens: passes ? tokens - 1 : tokens, at: now });
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > MAX_KEYS && oldest !== undefined) this.buckets.delete(oldest);
    return passes ? undefined : Math.max(1, Math.ceil(((1 - tokens) * 60) / this.perMinute));
  }
}

/**
 * The address that the platform's front end saw: the last one, since whoever asks may have written those before it. What is
 * no address is `unknown`: with no front end before the app, whoever asks could write a new one for each request, however long.
 */
export function callerAddress(forwardedFor: string | null): string {
  const last = (forwardedFor ?? '').split(',').at(-1)?.trim() ?? '';
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)$/.exec(last) ?? [];
  const address = bracketed ?? plain ?? last;
  return isIP(address) === 0 || address.includes('%') ? 'unknown' : address.toLowerCase();
}

/** IPv6 addresses of one network, of which anybody may have a whole one (RFC 6177), count as one caller. */
export function callerNetwork(forwardedFor: string | null): string {
  const address = callerAddress(forwardedFor);
  if (isIP(address) !== 6) return address;
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  if (canonical.startsWith('::ffff:')) return canonical;
  const [before = [], after = []] = canonical
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
