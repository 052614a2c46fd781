/**
 * `npm run bench:azure`: the speed of the local control plane. It runs in its own process, on one core. Rates are also
 * given per second of its processor time, which is independent of other load.
 */
import { availableParallelism, cpus } from 'node:os';
import { z } from 'zod';
import { runBench } from '../benchFlags.js';
import { tableText, type Line } from '../host/table.js';
import { missedIn, usedByOthers, verdict } from '../machine.js';
import { PlaneProcess } from './planeProcess.js';

const HELP = `npm run bench:azure -- [--quick] [--json] [--strict]

  --quick   a tenth of the work, with rough numbers
  --json    prints the measurements as JSON after the table
  --strict  exit code 1 when a goal is not met
`;

const VAULT = 'https://vault.azure.net';
const AT_ONCE = 16;
const READS = 1000;
const PAGE_MILLISECONDS = 100;

interface Rate {
  perSecond: number;
  /** Per second of the server's processor time; undefined if the system does not report it. */
  perProcessorSecond: number | undefined;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Does `count` things, several at a time. */
async function rate(plane: PlaneProcess, count: number, work: (n: number) => Promise<unknown>): Promise<Rate> {
  const [started, used] = [performance.now(), plane.processorSeconds()];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) await work(next++);
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const now = plane.processorSeconds();
  const processor = used === undefined || now === undefined ? undefined : now - used;
  return { perSecond: count / seconds, perProcessorSecond: processor === undefined ? undefined : count / processor };
}

const page = z.object({ value: z.array(z.unknown()), nextLink: z.string().optional() });

/**
 * Reads a whole list, page by page.
 * @returns the milliseconds of each page, and the number of items
 */
async function pages(plane: PlaneProcess, first: string): Promise<{ times: number[]; items: number }> {
  const times: number[] = [];
  let items = 0;
  for (let path: string | undefined = first; path !== undefined;) {
    const started = performance.now();
    const answer = page.parse(await plane.call('GET', path));
    times.push(performance.now() - started);
    items += answer.value.length;
    path = answer.nextLink;
  }
  return { times, items };
}

async function measure(plane: PlaneProcess, share: number): Promise<Line[]> {
  const version = 'api-version=2025-11-01';
  const registry = plane.registryPath;
  const scopeMapId = `${registry}/scopeMaps/_repositories_pull`;
  const count = (whole: number): number => Math.round(whole * share);

  say('ARM reads');
  // Warm up: the first requests compile the server's code.
  await rate(plane, 500, () => plane.call('GET', `${registry}?${version}`));
  const reads = await rate(plane, count(20_000), () =>
    plane.call('GET', `${registry}/scopeMaps/_repositories_pull?${version}`),
  );
  const tokens = count(20_000);
  say(`ARM writes: ${tokens} tokens`);
  const writes = await rate(plane, tokens - 1, (n) =>
    plane.call('PUT', `${registry}/tokens/bench-${String(n).padStart(6, '0')}?${version}`, {
      properties: { scopeMapId },
    }),
  );
  say('pages');
  const list = `${registry}/tokens?${version}`;
  const quiet = await pages(plane, list);
  const busy: number[] = [];
  for (let round = 0; round < 3; round++) {
    await plane.call('POST', '/_control/rewrite');
    busy.push(...(await pages(plane, list)).times);
  }
  say('the vault');
  const secret = (n: number): string => `/secrets/bench-${n}?api-version=7.4`;
  const sets = await rate(plane, count(4000), (n) => plane.call('PUT', secret(n), { value: 'x'.repeat(200) }, VAULT));
  const gets = await rate(plane, count(8000), (n) => plane.call('GET', secret(n % count(4000)), undefined, VAULT));

  const slowest = Math.max(...quiet.times, ...busy);
  return [
    rateLine('ARM reads', reads, READS),
    rateLine('ARM writes, each on disk before its answer', writes),
    { what: `pages of ${quiet.items} tokens, median`, value: milliseconds(median(quiet.times)) },
    { what: 'pages while the file is written anew, median', value: milliseconds(median(busy)) },
    {
      what: 'slowest of all pages',
      value: milliseconds(slowest),
      goal: `< ${PAGE_MILLISECONDS} ms`,
      met: slowest < PAGE_MILLISECONDS,
    },
    rateLine('secrets set', sets),
    rateLine('secrets read', gets),
  ];
}

function rateLine(what: string, { perSecond, perProcessorSecond }: Rate, goal?: number): Line {
  const processor = perProcessorSecond === undefined ? '' : `, ${Math.round(perProcessorSecond)} by processor time`;
  const value = `${Math.round(perSecond)}/s${processor}`;
  if (goal === undefined) return { what, value };
  return { what, value, goal: `>= ${goal}/s on one core`, met: Math.max(perSecond, perProcessorSecond ?? 0) >= goal };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

await runBench(HELP, { quick: { type: 'boolean', default: false } }, async (flags) => {
  const before = await usedByOthers();
  const plane = await PlaneProcess.start();
  let lines: Line[];
  try {
    lines = await measure(plane, flags.quick ? 0.1 : 1);
  } finally {
    await plane.stop();
  }
  const looks = [before, await usedByOthers()];

  process.stdout.write(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores\n\n`);
  process.stdout.write(`${tableText(lines)}\n\n`);
  // Times of pages are wall-clock times: on a loaded machine they have little meaning.
  const missed = missedIn(lines);
  process.stdout.write(`${verdict(missed, looks)}\n`);
  if (flags.json) process.stdout.write(`${JSON.stringify(lines, undefined, 2)}\n`);
  return flags.strict && missed.length > 0 ? 1 : 0;
});
