import { z } from 'zod';
import type { HttpsJson } from '../../stack/httpsJson.js';
import type { Kind } from './floor.js';

const counts = z.record(z.string(), z.number());
const service = z.object({ total: z.number(), kinds: counts, outcomes: z.record(z.string(), counts) });
const report = z.object({ principals: z.record(z.string(), z.record(z.string(), service)) });

/**
 * Requests that the app has sent, all of its identities together. Everything counts: polls and refused requests too.
 */
export interface RequestCounts extends Record<Kind, number> {
  /** Polls of asynchronous operations, which are in `reads` too. */
  readonly polls: number;
  /** Requests of ARM that were answered 429. */
  readonly throttled: number;
  readonly vaultCalls: number;
  readonly throttledVaultCalls: number;
  /** Requests for an access token. */
  readonly tokenRequests: number;
}

/**
 * Sums the control plane's counters.
 *
 * @param answer of `GET /_control/requests`
 * @param identities names of the principals that are the app's
 */
export function sumRequests(answer: unknown, identities: readonly string[]): RequestCounts {
  const { principals } = report.parse(answer);
  const sum = (name: string, value: (one: z.infer<typeof service>) => number): number =>
    identities.reduce((total, identity) => {
      const found = principals[identity]?.[name];
      return total + (found ? value(found) : 0);
    }, 0);
  const ofKinds = (...names: string[]): number =>
    sum('arm', ({ kinds }) => names.reduce((total, name) => total + (kinds[name] ?? 0), 0));
  const throttled = (name: string): number =>
    sum(name, ({ outcomes }) => Object.values(outcomes).reduce((total, one) => total + (one['throttled'] ?? 0), 0));
  return {
    reads: ofKinds('read', 'poll'),
    // ARM charges a POST as a write.
    writes: ofKinds('write', 'action'),
    deletes: ofKinds('delete'),
    polls: ofKinds('poll'),
    throttled: throttled('arm'),
    vaultCalls: sum('vault', ({ total }) => total),
    throttledVaultCalls: throttled('vault'),
    tokenRequests: sum('entra', ({ total }) => total),
  };
}

/** Reads the counters since they were last reset. */
export async function countRequests(
  azureUrl: string,
  https: HttpsJson,
  identities: readonly string[],
): Promise<RequestCounts> {
  return sumRequests((await https(`${azureUrl}/_control/requests`)).body, identities);
}
