import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux fixes for what it reports. */
const TICKS_PER_SECOND = 100;

/**
 * The maximum resident memory of processes and of those that they have started, such as a host's worker. Each one's own
 * maximum counts, also if they were not at the same time.
 *
 * @returns bytes; undefined where the system has no /proc, or a process has ended
 */
export function peakMemory(pids: readonly number[]): number | undefined {
  if (pids.length === 0) return undefined;
  let sum = 0;
  for (const pid of withChildren(pids)) {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`))?.[1];
    if (kilobytes === undefined) return undefined;
    sum += Number(kilobytes) * 1024;
  }
  return sum;
}

/**
 * Seconds of processor time that processes and those that they have started have used so far.
 *
 * @returns undefined where the system has no /proc, or a process has ended
 */
export function processorSeconds(pids: readonly number[]): number | undefined {
  if (pids.length === 0) return undefined;
  let ticks = 0;
  for (const pid of withChildren(pids)) {
    // After the name in brackets, which may hold anything: user and system time are fields 14 and 15
    // (proc_pid_stat(5)).
    const fields = textOf(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
    const used = Number(fields[11]) + Number(fields[12]);
    if (Number.isNaN(used)) return undefined;
    ticks += used;
  }
  return ticks / TICKS_PER_SECOND;
}

function withChildren(pids: readonly number[]): number[] {
  return pids.flatMap((pid) => [pid, ...withChildren(childrenOf(pid))]);
}

/** Every thread has the processes that it has started. */
function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  return threads
    .flatMap((thread) => textOf(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter((child) => /^\d+$/.test(child))
    .map(Number);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
