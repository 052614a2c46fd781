/**
 * `npm run bench:host -- --finished N`: what finished orchestrations cost a host that keeps them, and how fast it finds
 * them.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { HostProcess } from './hostProcess.js';
import { durable, runMany, usage } from './loads.js';
import type { Line } from './table.js';

/** How many are started before the next count is printed. */
const CHUNK = 5000;
const QUERY_TIMES = 20;
/** Milliseconds until the system has what a garbage collection has freed. */
const FREED_WITHIN = 2000;
const PAGE = 100;
const TOKEN = 'x-ms-continuation-token';
/** What the journal may keep, because a short one is read fast at a start. */
const journalAtMost = 50 * 1024 * 1024;
/** Maximum time until the files of purged instances are gone, ms. */
const REMOVED_WITHIN = 20_000;

interface Memory {
  /** Bytes, after a garbage collection. */
  readonly rss: number;
  readonly heap: number;
}

interface Query {
  readonly what: string;
  /** Milliseconds over HTTP. */
  readonly median: number;
  readonly longest: number;
}

/** The result. */
export interface Finished {
  readonly count: number;
  /** Of the host before the first one, of the one that ran them, and of the one that was started after a kill. */
  readonly memory: { readonly empty: Memory; readonly ran: Memory; readonly restarted: Memory };
  /** Milliseconds from the start of the process after the kill to its first answer. */
  readonly start: number;
  readonly queries: readonly Query[];
  readonly purge: { readonly milliseconds: number; readonly before: number; readonly after: number };
}

/**
 * Runs `count` orchestrations of five activities, kills the host, starts it again, checks that it has all of them, and
 * purges them.
 *
 * @param fresh a new host
 * @param restart kills the present host, and returns the next one over the same data
 * @param say tells a reader how far it is
 * @throws Error if an instance is missing, or one that was purged is not
 */
export async function finished(
  fresh: HostProcess,
  count: number,
  restart: () => Promise<HostProcess>,
  say: (text: string) => void,
): Promise<Finished> {
  const empty = await settledUsage(fresh);
  for (let done = 0; done < count; done += CHUNK) {
    await runMany(fresh, Math.min(CHUNK, count - done));
    say(`disk: ${Math.min(done + CHUNK, count)} of ${count} have ended`);
  }
  const ran = await settledUsage(fresh);
  const host = await restart();
  const restarted = await settledUsage(host);
  const queries = await measureQueries(host, count);
  const before = await host.bytesOnDisk();
  const began = performance.now();
  const answer = await durable(host, 'instances?createdTimeFrom=2000-01-01', 'DELETE');
  const milliseconds = performance.now() - began;
  const { instancesDeleted } = (await answer.json()) as { instancesDeleted: number };
  if (instancesDeleted < count) throw new Error(`${instancesDeleted} of ${count} instances were purged`);
  const end = performance.now() + REMOVED_WITHIN;
  while ((await host.bytesOnDisk()) > before / 2 && performance.now() < end) await sleep(100);
  const after = await host.bytesOnDisk();
  const left = await idsOf(await restart(), count);
  if (left.length > 0) throw new Error(`${left.length} instances are there again after they were purged`);
  const memory = { empty, ran, restarted };
  return { count, memory, start: host.firstAnswer, queries, purge: { milliseconds, before, after } };
}

/** What a garbage collection frees goes back to the system a moment later. */
async function settledUsage(host: HostProcess): Promise<Memory> {
  await usage(host);
  await sleep(FREED_WITHIN);
  const { rss, heap } = await usage(host);
  return { rss, heap };
}

async function measureQueries(host: HostProcess, count: number): Promise<Query[]> {
  const ids = await idsOf(host, count);
  if (ids.length !== count) throw new Error(`${ids.length} of ${count} instances are there after a kill`);
  const middle = ids[Math.floor(count / 2)] ?? '';
  const now = new Date(Date.now() - 1000).toISOString();
  const list = (query: string, token = ''): (() => Promise<void>) => {
    return async () => {
      await read(await durable(host, `instances?top=${PAGE}${query}`, 'GET', undefined, { [TOKEN]: token }));
    };
  };
  const first = list('');
  const all: readonly (readonly [string, () => Promise<void>, (() => Promise<void>)?])[] = [
    [`first page of ${PAGE}`, first],
    [`first page of ${PAGE} after a start`, first, () => runMany(host, 1)],
    [`page of ${PAGE} in the middle`, list('', Buffer.from(middle, 'utf8').toString('base64'))],
    ['by prefix', list(`&instanceIdPrefix=${middle.slice(0, 2)}`)],
    ['by status, none matches', list('&runtimeStatus=Failed')],
    ['by time, few match', list(`&createdTimeFrom=${encodeURIComponent(now)}`)],
    ['one with its history', async () => read(await durable(host, `instances/${middle}?showHistory=true`, 'GET'))],
  ];
  const queries: Query[] = [];
  for (const [what, run, prepare] of all) {
    const times: number[] = [];
    for (let time = 0; time < QUERY_TIMES; time += 1) {
      await prepare?.();
      const began = performance.now();
      await run();
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    queries.push({ what, median: times[QUERY_TIMES / 2] ?? Number.NaN, longest: times.at(-1) ?? Number.NaN });
  }
  return queries;
}

/** All instances, page by page. */
async function idsOf(host: HostProcess, expected: number): Promise<string[]> {
  const ids: string[] = [];
  let token = '';
  do {
    const answer = await durable(host, 'instances?top=1000&showInput=false', 'GET', undefined, { [TOKEN]: token });
    ids.push(...((await answer.json()) as { instanceId: string }[]).map(({ instanceId }) => instanceId));
    token = answer.headers.get(TOKEN) ?? '';
  } while (token !== '' && ids.length <= expected);
  return ids;
}

async function read(answer: Response): Promise<void> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${text}`);
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
const ms = (time: number): string => `${time.toFixed(time < 100 ? 1 : 0)} ms`;

/** Lines of the table. The goals are for 100,000 instances. */
export function finishedLines({ count, memory, start, queries, purge }: Finished): Line[] {
  const name = `${count.toLocaleString('en')} finished`;
  const used = (one: Memory): string => `${megabytes(one.rss)} resident, ${megabytes(one.heap)} heap`;
  const bound = 250 * 1024 * 1024;
  return [
    { what: 'host before the first one', value: used(memory.empty) },
    {
      what: `${name}: host that ran them`,
      value: used(memory.ran),
      goal: '< 250 MB resident',
      met: memory.ran.rss < bound,
    },
    {
      what: `${name}: host after kill -9 and a start`,
      value: used(memory.restarted),
      goal: '< 250 MB resident',
      met: memory.restarted.rss < bound,
    },
    { what: `${name}: start to first answer`, value: ms(start), goal: '< 3 s', met: start < 3000 },
    ...queries.map(({ what, median, longest }) => ({
      what: `${name}: ${what}`,
      value: `${ms(median)}, at most ${ms(longest)}`,
      goal: '< 50 ms',
      met: median < 50,
    })),
    { what: `${name}: purge of all`, value: ms(purge.milliseconds) },
    {
      what: `${name}: data folder before and after the purge`,
      value: `${megabytes(purge.before)}, ${megabytes(purge.after)}`,
      goal: '<= half, or 50 MB',
      met: purge.after <= Math.max(purge.before / 2, journalAtMost),
    },
  ];
}
