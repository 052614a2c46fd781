/**
 * `npm run bench:host`: the speed of the local Functions host, compared with the bare durable executor and, if
 * FUNCTIONS_HOST is set, with the real host over Azurite. All in one run, so that the ratios are valid on any machine.
 */
import { availableParallelism, cpus } from 'node:os';

import { bareExecutorRate } from './bareExecutor.js';
import { finished, finishedLines, type Finished } from './finished.js';
import { HostProcess, realHostScript, type HostKind } from './hostProcess.js';
import { fanOut, latency, rate, waiting, type Rate, type Waiting } from './loads.js';
import { runBench, wholeNumber } from '../benchFlags.js';
import { measureQuietly, missedIn, verdict, type Usage } from '../machine.js';
import { tableText, type Line } from './table.js';

const help = `npm run bench:host -- [--quick] [--finished N] [--attempts N] [--json] [--strict]

  --quick   a tenth of the work, with rough numbers
  --finished N  measures only what N finished instances cost: memory, start, queries, purge
  --attempts N  how often it measures if other processes use the machine, 3 by default; it reports the quietest
  --json    prints the measurements as JSON after the table
  --strict  exit code 1 when a goal that could be measured is not met
  FUNCTIONS_HOST  path of the real host's host.mjs, or of its folder: measured too
`;

interface Measured {
  readonly firstAnswer: number;
  readonly rate: Rate;
  readonly fanOut: number;
  readonly latency: number;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function measure(kind: HostKind, amount: { rate: number; latency: number; width: number }): Promise<Measured> {
  say(`${kind}: starts`);
  const host = await HostProcess.start(kind);
  try {
    say(`${kind}: ${amount.rate} orchestrations of five activities`);
    const perSecond = await rate(host, amount.rate);
    say(`${kind}: one with ${amount.width} activities at once`);
    const wide = await fanOut(host, amount.width);
    say(`${kind}: ${amount.latency} one after the other`);
    const one = await latency(host, amount.latency);
    return { firstAnswer: host.firstAnswer, rate: perSecond, fanOut: wide, latency: one };
  } finally {
    await host.stop();
  }
}

async function measureWaiting(count: number): Promise<Waiting> {
  say(`disk: ${count} instances wait, the host is killed and started again`);
  const fresh = await HostProcess.start('disk');
  let last = fresh;
  try {
    const { host, cost } = await waiting(fresh, count);
    last = host;
    return cost;
  } finally {
    await last.stop();
  }
}

async function measureFinished(count: number): Promise<Finished> {
  say(`disk: ${count} orchestrations of five activities`);
  let host = await HostProcess.start('disk');
  const restart = async (): Promise<HostProcess> => (host = await host.killAndStart());
  try {
    return await finished(host, count, restart, say);
  } finally {
    await host.stop();
  }
}

/** Median of several starts: the first one reads its files from a cold disk. */
async function firstAnswer(kind: HostKind, times: number): Promise<number> {
  const all: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const host = await HostProcess.start(kind);
    all.push(host.firstAnswer);
    await host.stop();
  }
  return all.sort((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN;
}

/** What one run has measured. */
interface AllMeasured {
  readonly bare: number;
  readonly memory: Measured;
  readonly disk: Measured;
  readonly start: number;
  readonly waiting: Waiting;
  readonly waitingCount: number;
  readonly width: number;
  readonly real: (Measured & { start: number }) | undefined;
}

function lines(seen: AllMeasured): Line[] {
  const { bare, memory, disk, start, real } = seen;
  const perSecond = ({ perSecond: one, cpu }: Rate): string =>
    `${one.toFixed(0)}/s, ${((100 * one) / bare).toFixed(0)} % of the executor, ${cpu.toFixed(2)} ms of CPU each`;
  const ms = (one: number): string => `${one.toFixed(one < 100 ? 1 : 0)} ms`;
  const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;
  const count = seen.waitingCount.toLocaleString('en');
  const times = real === undefined ? undefined : disk.rate.perSecond / real.rate.perSecond;
  const share = real === undefined ? undefined : start / real.start;
  return [
    { what: 'five activities: bare executor', value: `${bare.toFixed(0)}/s` },
    {
      what: 'five activities: in memory',
      value: perSecond(memory.rate),
      goal: '>= 400/s',
      met: memory.rate.perSecond >= 400,
    },
    {
      what: 'five activities: with fdatasync',
      value: perSecond(disk.rate),
      goal: '>= 300/s',
      met: disk.rate.perSecond >= 300,
    },
    ...(real === undefined
      ? []
      : [{ what: 'five activities: real host', value: `${real.rate.perSecond.toFixed(1)}/s` }]),
    {
      what: 'five activities: fdatasync to real host',
      value: times === undefined ? '-' : `${times.toFixed(1)} times`,
      goal: '>= 15 times',
      ...(times === undefined ? {} : { met: times >= 15 }),
    },
    { what: `fan-out of ${seen.width}: in memory`, value: ms(memory.fanOut) },
    { what: `fan-out of ${seen.width}: with fdatasync`, value: ms(disk.fanOut) },
    ...(real === undefined ? [] : [{ what: `fan-out of ${seen.width}: real host`, value: ms(real.fanOut) }]),
    { what: 'latency of one: in memory', value: ms(memory.latency) },
    { what: 'latency of one: with fdatasync', value: ms(disk.latency), goal: '< 12 ms', met: disk.latency < 12 },
    ...(real === undefined ? [] : [{ what: 'latency of one: real host', value: ms(real.latency) }]),
    { what: 'start to first answer', value: ms(start) },
    ...(real === undefined ? [] : [{ what: 'start to first answer: real host', value: ms(real.start) }]),
    {
      what: 'start to first answer: to real host',
      value: share === undefined ? '-' : `1/${(1 / share).toFixed(1)}`,
      goal: '<= 1/5',
      ...(share === undefined ? {} : { met: share <= 1 / 5 }),
    },
    {
      what: `${count} waiting: recovery after kill -9`,
      value: ms(seen.waiting.recovery),
      goal: '< 5 s',
      met: seen.waiting.recovery < 5000,
    },
    {
      what: `${count} waiting: resident memory each`,
      value: kilobytes(seen.waiting.resident),
      goal: '< 20 KB',
      met: seen.waiting.resident < 20 * 1024,
    },
    { what: `${count} waiting: heap each`, value: kilobytes(seen.waiting.heap) },
  ];
}

const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node.js ${process.version}`;

/** @returns the exit code */
function report(
  all: readonly Line[],
  looks: readonly Usage[],
  flags: { strict: boolean; json: boolean },
  measured: object,
): number {
  // Ratios and processor times are valid on a loaded machine too; rates and times are not.
  const missed = missedIn(all);
  process.stdout.write(`\n${verdict(missed, looks)}\n`);
  if (flags.json) process.stdout.write(`${JSON.stringify(measured)}\n`);
  return flags.strict && missed.length > 0 ? 1 : 0;
}

const options = {
  quick: { type: 'boolean', default: false },
  finished: { type: 'string' },
  attempts: { type: 'string', default: '3' },
} as const;

/** Measures everything once; the ratios are of this one run. */
async function measureHosts(part: number): Promise<AllMeasured> {
  const width = 1000 / part;
  const waitingCount = 10_000 / part;
  const own = { rate: 3000 / part, latency: 300 / part, width };
  say('bare executor');
  const bare = await bareExecutorRate(5000 / part);
  const memory = await measure('memory', own);
  const disk = await measure('disk', own);
  const start = await firstAnswer('disk', 5);
  const cost = await measureWaiting(waitingCount);
  let real: (Measured & { start: number }) | undefined;
  if (realHostScript() !== undefined) {
    const seen = await measure('real', { rate: 200 / part, latency: 20 / part, width });
    real = { ...seen, start: await firstAnswer('real', 3) };
  }
  return { bare, memory, disk, start, waiting: cost, waitingCount, width, real };
}

await runBench(help, options, async (flags) => {
  const attempts = wholeNumber('attempts', flags.attempts, 1, 10);
  if (flags.finished !== undefined) {
    const count = wholeNumber('finished', flags.finished, 1, 1_000_000);
    const { result, looks } = await measureQuietly(() => measureFinished(count), attempts, say);
    const all = finishedLines(result);
    process.stdout.write(`${machine}\n\n${tableText(all)}\n`);
    return report(all, looks, flags, result);
  }
  const { result, looks } = await measureQuietly(() => measureHosts(flags.quick ? 10 : 1), attempts, say);
  const all = lines(result);
  process.stdout.write(`${machine}\n\n${tableText(all)}\n`);
  if (result.real === undefined) process.stdout.write('\nThe real host was not measured: FUNCTIONS_HOST is not set.\n');
  return report(all, looks, flags, result);
});
