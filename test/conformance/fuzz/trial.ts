/** Runs a drawn case on both hosts, as often as its answer needs. */
import { differences, type Difference } from './compare.js';
import type { Host } from './hosts.js';
import { caseOf, type Drawn } from './seeds.js';
import { explainedBy, type Pair } from './timing.js';

export interface Verdict {
  /** None: the same at once, or by a rule. */
  readonly differences: readonly Difference[];
  /** Rule of timing.ts that explains what differed. */
  readonly rule?: string;
  readonly runs: number;
}

/** How often a case runs. */
export interface Patience {
  /** Runs on each host before a difference counts. */
  readonly runs: number;
}

/** @param name begins the names of its instances */
export async function tryCase(
  name: string,
  what: Drawn,
  hosts: readonly [Host, Host],
  { runs }: Patience,
): Promise<Verdict> {
  const [real, local] = hosts;
  const seen: Pair[] = [];
  let found: readonly Difference[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const run1 = caseOf(what);
    const [a, b] = await Promise.all([real.see(name, run1), local.see(name, run1)]);
    const now = differences(a, b);
    if (now.length === 0 && run === 1) return { differences: [], runs: run };
    seen.push({ real: a, local: b });
    if (run === 1 || now.length < found.length) found = now;
    const rule = explainedBy(seen);
    if (rule !== undefined) return { differences: [], rule, runs: run };
  }
  return { differences: found, runs };
}
