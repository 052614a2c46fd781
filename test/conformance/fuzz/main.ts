/** `npm run fuzz:host`: random cases by seed on the local Functions host and on the real one, compared. */
import { writeFileSync } from 'node:fs';

import { startHosts, type Host } from './hosts.js';
import { drawn, kindOf, routesOf } from './seeds.js';
import { shrunk } from './shrink.js';
import { tryCase, type Verdict } from './trial.js';

/** So many seeds share a start of both hosts. */
const perStart = 100;

/** As given; scripts/fuzzHost.mjs has the defaults. */
interface Flags {
  readonly seeds: string;
  readonly kinds?: string;
  readonly parallel: string;
  readonly runs: string;
  readonly shrink: string;
  readonly json?: string;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Seeds of `1-20,33`. */
function seedsOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) throw new Error(`--seeds takes numbers and ranges, such as 1-100,250; not "${part}".`);
    const from = Number(match[1]);
    const to = Number(match[2] ?? from);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  });
}

const whole = (name: string, text: string): number => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number.`);
  return Number(text);
};

const short = (value: unknown): string => {
  const text = value === undefined ? '(absent)' : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
};

/** Works on all of them, so many at a time. */
async function each<T>(items: readonly T[], count: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
}

interface Run {
  readonly parallel: number;
  readonly runs: number;
  /** Milliseconds that the shrinking of one case may take. */
  readonly shrink: number;
  readonly real: string;
}

async function compareSeeds(seeds: readonly number[], run: Run, verdicts: Map<number, Verdict>): Promise<void> {
  const routes = Object.assign({}, ...seeds.map(routesOf)) as Record<string, string>;
  const hosts = await startHosts(run.real, routes);
  try {
    const again: number[] = [];
    await each(seeds, run.parallel, async (seed) => {
      const verdict = await tryCase(`p${seed}`, drawn(seed), hosts, { runs: 1 });
      verdicts.set(seed, verdict);
      if (verdict.differences.length > 0) again.push(seed);
      if (verdicts.size % 20 === 0) say(`${verdicts.size} seeds`);
    });
    // What differed runs again, with less beside it.
    await each(again, Math.ceil(run.parallel / 2), async (seed) => {
      verdicts.set(seed, await tryCase(`p${seed}`, drawn(seed), hosts, { runs: run.runs }));
    });
    for (const seed of again) await report(seed, verdicts.get(seed), hosts, run);
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
  }
}

async function report(
  seed: number,
  verdict: Verdict | undefined,
  hosts: readonly [Host, Host],
  { shrink, runs }: Run,
): Promise<void> {
  if (verdict === undefined || verdict.differences.length === 0) return;
  let count = 0;
  const { what, differences: found } = await shrunk(
    drawn(seed),
    verdict.differences,
    async (smaller) =>
      (await tryCase(`p${seed}s${(count += 1)}`, smaller, hosts, { runs: Math.min(2, runs) })).differences,
    Date.now() + shrink,
  );
  process.stdout.write(`\nseed ${seed} (${kindOf(seed)}) ${JSON.stringify(what)}\n`);
  for (const { path, real, local } of found.slice(0, 6))
    process.stdout.write(`  ${path}\n    real  ${short(real)}\n    local ${short(local)}\n`);
}

/** @returns the exit code */
export async function main(real: string, flags: Flags): Promise<number> {
  const kinds = flags.kinds?.split(',');
  const seeds = seedsOf(flags.seeds).filter((seed) => kinds === undefined || kinds.includes(kindOf(seed)));
  const run = {
    real,
    parallel: whole('parallel', flags.parallel),
    runs: whole('runs', flags.runs),
    shrink: 1000 * whole('shrink', flags.shrink),
  };
  const verdicts = new Map<number, Verdict>();
  for (let at = 0; at < seeds.length; at += perStart) await compareSeeds(seeds.slice(at, at + perStart), run, verdicts);
  const all = [...verdicts.values()];
  const byRule = new Map<string, number>();
  for (const { rule } of all) if (rule !== undefined) byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
  const different = [...verdicts].filter(([, verdict]) => verdict.differences.length > 0);
  process.stdout.write(`\n${seeds.length} seeds: ${all.length - different.length} the same`);
  for (const [rule, count] of byRule) process.stdout.write(`, of these ${count} by the rule "${rule}"`);
  process.stdout.write(
    `; ${different.length} differ${different.length === 0 ? '' : `: ${different.map(([seed]) => seed).join(',')}`}.\n`,
  );
  if (flags.json !== undefined)
    writeFileSync(
      flags.json,
      JSON.stringify(
        different.map(([seed, verdict]) => ({ seed, kind: kindOf(seed), ...verdict })),
        undefined,
        1,
      ),
    );
  return different.length === 0 ? 0 : 1;
}
