import { z } from 'zod';
import type { Principal } from '../access/identities.js';
import type { ApiReply } from '../http/message.js';
import type { Route } from '../http/route.js';

/**
 * A rule for injected faults. `operation` is a name of the counters, with `*` as wildcard. `before` refuses a request
 * without an effect; `after` replaces the reply after the effect. A rule with neither `status` nor `drop` only delays.
 * With `probability` and `seed` it applies to some of the requests, to the same ones in every run.
 */
export const faultRule = z.strictObject({
  match: z.strictObject({ operation: z.string().min(1), principal: z.string().min(1).optional() }),
  when: z.enum(['before', 'after']).default('before'),
  status: z.int().min(200).max(599).optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Seconds, for the `Retry-After` header. */
  retryAfter: z.int().min(0).optional(),
  delayMs: z.int().min(0).max(60_000).optional(),
  /** Closes the connection without an answer. */
  drop: z.literal(true).optional(),
  /** Number of requests to which it applies; default: all until the rules are deleted. */
  count: z.int().min(1).optional(),
  probability: z.number().gt(0).max(1).optional(),
  seed: z.int().optional(),
});
export type FaultRule = z.infer<typeof faultRule>;

/** A rule that applies to a request. */
export interface Fault {
  when: 'before' | 'after' | 'delay';
  outcome: ApiReply | 'drop';
  delay(): Promise<void>;
}

/** A rule in use. */
interface Armed {
  id: number;
  rule: FaultRule;
  pattern: RegExp;
  remaining: number;
  struck: number;
  random: () => number;
}

/** The faults that tests have requested. */
export class Faults {
  #rules: Armed[] = [];
  #nextId = 1;

  add(rule: FaultRule): number {
    const id = this.#nextId++;
    const pattern = rule.match.operation
      .split('*')
      .map((part) => part.replace(/[.\\+?^${}()|[\]]/g, String.raw`\$&`))
      .join('.*');
    this.#rules.push({
      id,
      rule,
      pattern: new RegExp(`^${pattern}$`, 'i'),
      remaining: rule.count ?? Infinity,
      struck: 0,
      random: seededRandom(rule.seed ?? id),
    });
    return id;
  }

  clear(): void {
    this.#rules = [];
  }

  list(): unknown {
    return this.#rules.map(({ id, rule, struck }) => ({ id, ...rule, struck }));
  }

  /** Finds the first rule that applies to this request, and counts its use. */
  take(route: Route, sender: Principal): Fault | undefined {
    const hit = this.#rules.find(
      (armed) =>
        armed.remaining > 0 &&
        armed.pattern.test(route.operation) &&
        (armed.rule.match.principal === undefined || armed.rule.match.principal === sender.name) &&
        (armed.rule.probability === undefined || armed.random() < armed.rule.probability),
    );
    if (!hit) return undefined;
    hit.remaining -= 1;
    hit.struck += 1;
    const { rule } = hit;
    return {
      when: rule.status === undefined && !rule.drop ? 'delay' : rule.when,
      outcome: rule.drop ? 'drop' : faultReply(rule),
      delay: () => new Promise((resolve) => setTimeout(resolve, rule.delayMs ?? 0)),
    };
  }
}

function faultReply(rule: FaultRule): ApiReply {
  const status = rule.status ?? 500;
  const body = rule.body ?? {
    error: { code: status === 429 ? 'TooManyRequests' : 'InjectedFault', message: 'Injected.' },
  };
  return {
    status,
    body,
    headers: { ...rule.headers, ...(rule.retryAfter === undefined ? {} : { 'retry-after': String(rule.retryAfter) }) },
  };
}

/** Mulberry32, a pseudo-random generator that gives the same sequence for the same seed on every platform. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
