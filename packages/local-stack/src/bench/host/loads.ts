/** Loads on a host, over its public HTTP interfaces only, and their durations. */
import type { HostProcess } from './hostProcess.js';

const inFlight = 50;

/**
 * Starts `count` orchestrations, 50 requests at a time.
 * @returns their ids
 */
async function startMany(host: HostProcess, orchestrator: string, count: number, input?: unknown): Promise<string[]> {
  const ids: string[] = [];
  let left = count;
  const starter = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await durable(host, `orchestrators/${orchestrator}`, 'POST', input);
      if (answer.status !== 202) throw new Error(`start of ${orchestrator}: ${answer.status} ${await answer.text()}`);
      ids.push(((await answer.json()) as { id: string }).id);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, starter));
  return ids;
}

/** Runs orchestrations of five activities to their ends. */
export async function runMany(host: HostProcess, count: number): Promise<void> {
  await ended(host, (await endedSoFar(host)) + count, () => startMany(host, 'five', count));
}

/** Orchestrations of five activities per second. */
export interface Rate {
  /** From the first start to the last end. */
  readonly perSecond: number;
  /** Milliseconds of processor time of the app's process for each; other load affects it little. */
  readonly cpu: number;
}

/** Half as many run before, so that the code is compiled. */
export async function rate(host: HostProcess, count: number): Promise<Rate> {
  const warmUp = Math.ceil(count / 2);
  await ended(host, (await endedSoFar(host)) + warmUp, () => startMany(host, 'five', warmUp));
  const before = await endedSoFar(host);
  const { cpu } = await usage(host);
  const began = performance.now();
  let ids: string[] = [];
  await ended(host, before + count, async () => (ids = await startMany(host, 'five', count)));
  const seconds = (performance.now() - began) / 1000;
  const used = (await usage(host)).cpu - cpu;
  await expectCompleted(host, ids);
  return { perSecond: count / seconds, cpu: used / count };
}

/** Milliseconds of one orchestration that waits for `width` activities at the same time. */
export async function fanOut(host: HostProcess, width: number): Promise<number> {
  const before = await endedSoFar(host);
  const began = performance.now();
  await ended(host, before + 1, () => startMany(host, 'fanOut', 1, { width }));
  return performance.now() - began;
}

/** Median milliseconds of orchestrations of five activities, one at a time. */
export async function latency(host: HostProcess, count: number): Promise<number> {
  const once = async (times: number): Promise<number[]> => {
    const answer = await fetch(`${host.url}/api/oneByOne?count=${times}`);
    return ((await answer.json()) as { milliseconds: number[] }).milliseconds;
  };
  await once(Math.ceil(count / 5));
  const sorted = (await once(count)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The cost of waiting instances. */
export interface Waiting {
  /** Milliseconds from the start of a host after a kill until one of them, woken by an event, has ended. */
  readonly recovery: number;
  /** Additional bytes of the recovered process for each, resident and on the collected heap. */
  readonly resident: number;
  readonly heap: number;
}

/** Leaves `count` instances waiting for an event, kills the host, and starts it again. The host must be new. */
export async function waiting(host: HostProcess, count: number): Promise<{ host: HostProcess; cost: Waiting }> {
  // One instance waits and is woken, so that both measurements are of a process that has done the same.
  await wake(host, (await startMany(host, 'waits', 1))[0] ?? '');
  const empty = await usage(host);
  const ids = await startMany(host, 'waits', count);
  for (const id of ids.slice(-inFlight)) await isWaiting(host, id);
  const began = performance.now();
  const recovered = await host.killAndStart();
  await wake(recovered, ids.at(-1) ?? '');
  const recovery = performance.now() - began;
  const full = await usage(recovered);
  const each = (after: number, before: number): number => (after - before) / count;
  return {
    host: recovered,
    cost: { recovery, resident: each(full.rss, empty.rss), heap: each(full.heap, empty.heap) },
  };
}

async function wake(host: HostProcess, id: string): Promise<void> {
  const before = await endedSoFar(host);
  await ended(host, before + 1, async () => {
    const answer = await durable(host, `instances/${id}/raiseEvent/goOn`, 'POST', 'on');
    if (answer.status !== 202) throw new Error(`event to ${id}: ${answer.status} ${await answer.text()}`);
    await answer.text();
  });
}

/** Memory (bytes) and processor time (ms) of the host's process, after a garbage collection. */
export async function usage(host: HostProcess): Promise<{ rss: number; heap: number; cpu: number }> {
  return (await (await fetch(`${host.url}/api/usage`)).json()) as { rss: number; heap: number; cpu: number };
}

async function isWaiting(host: HostProcess, id: string): Promise<void> {
  for (;;) {
    const answer = await durable(host, `instances/${id}?showHistory=true`, 'GET');
    const { historyEvents = [] } = (await answer.json()) as { historyEvents?: { EventType: string }[] };
    if (historyEvents.some(({ EventType }) => EventType === 'TaskCompleted')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Starts work and waits until a number of orchestrations have ended in the host's process. */
async function ended(host: HostProcess, count: number, act: () => Promise<unknown>): Promise<void> {
  const all = fetch(`${host.url}/api/ended?count=${count}`).then((answer) => answer.text());
  await act();
  await all;
}

async function endedSoFar(host: HostProcess): Promise<number> {
  return ((await (await fetch(`${host.url}/api/ended`)).json()) as { ended: number }).ended;
}

/**
 * The last turn is over when the status is Completed. A host that lost an instance would be fast, so all are checked.
 */
async function expectCompleted(host: HostProcess, ids: readonly string[]): Promise<void> {
  for (const id of ids)
    for (let tries = 0; ; tries += 1) {
      const status = (await (await durable(host, `instances/${id}`, 'GET')).json()) as { runtimeStatus: string };
      if (status.runtimeStatus === 'Completed') break;
      if (tries > 200) throw new Error(`${id} is ${status.runtimeStatus}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/** Calls the management API. */
export function durable(
  host: HostProcess,
  path: string,
  method: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<Response> {
  const url = `${host.url}/runtime/webhooks/durabletask/${path}${path.includes('?') ? '&' : '?'}code=${host.durableKey}`;
  if (body === undefined) return fetch(url, { method, ...(headers === undefined ? {} : { headers }) });
  return fetch(url, {
    method,
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/json' },
  });
}
