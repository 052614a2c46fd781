import { isIP } from 'node:net';

/**
 * Maximum keys in memory. Beyond that, the keys that were not used for the longest time are removed and start again.
 */
const MAX_KEYS = 10_000;

/** Authentic messages of one operation a minute. An attempt has one report, which a device may repeat. */
export const MAX_PER_OPERATION = 30;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each key, in one instance of the app. It protects against floods; it is not an exact quota. */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly perMinute: number) {}

  /** @param now milliseconds @returns seconds to wait, at least one; undefined if the call may pass */
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
 * The caller's address as the platform's front end saw it: the last in the header, since a caller can write the ones
 * before. Anything but an IP address becomes `unknown`: without a front end, a caller could write any text for each
 * request.
 */
export function callerAddress(forwardedFor: string | null): string {
  const last = (forwardedFor ?? '').split(',').at(-1)?.trim() ?? '';
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)$/.exec(last) ?? [];
  const address = bracketed ?? plain ?? last;
  return isIP(address) === 0 || address.includes('%') ? 'unknown' : address.toLowerCase();
}

/** The caller's address, or its /64 network for IPv6: one caller may have a whole network (RFC 6177). */
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
