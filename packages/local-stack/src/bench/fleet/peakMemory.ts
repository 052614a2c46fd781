import { readdirSync, readFileSync } from 'node:fs';

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
