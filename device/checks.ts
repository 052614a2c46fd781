import { setMaxListeners } from 'node:events';
import type { PullCheckReport, PullCheckRequested } from '../src/domain/pullCheckMessages.js';
import type { AgentClock } from './clock.js';
import type { Log } from './log.js';
import type { PullCheckResult } from './pullCheck.js';
import { errorName } from './pullFailure.js';
import type { Sent } from './reporter.js';
import type { SecretVersion } from './secrets/vault.js';

export interface ChecksOptions {
  /** Named in every report. */
  name: string;
  check: (secret: SecretVersion, image: string, signal: AbortSignal) => Promise<PullCheckResult>;
  report: (request: PullCheckRequested, report: PullCheckReport, signal: AbortSignal) => Promise<Sent>;
  /** Checks that run at the same time. */
  concurrency: number;
  /** Longest time for one check, in milliseconds; an attempt that expires earlier ends earlier. */
  checkTimeout: number;
  clock: AgentClock;
  log: Log;
  /** Told of each check that was run, once its report has been taken, refused or has expired. */
  reported: (request: PullCheckRequested, result: PullCheckResult) => void;
}

/** Requested checks, each of which is run and reported. */
export interface Checks {
  /** Whether one more can be taken. */
  isFull(): boolean;
  add(request: PullCheckRequested): void;
  health(): { checksRunning: number; checksWaiting: number; reportsOpen: number };
  /** Ends what runs, and waits for it. */
  stop(): Promise<void>;
}

/** Most checks and reports that may be open at once. */
const MOST_OPEN = 1_000;

export function createChecks(options: ChecksOptions): Checks {
  const { clock, log } = options;
  const waiting: PullCheckRequested[] = [];
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
  // Each open piece of work listens for its end; how many there may be is bounded.
  setMaxListeners(0, stopping.signal);
  let running = 0;

  function next(): void {
    while (running < options.concurrency && !stopping.signal.aborted) {
      const request = waiting.shift();
      if (!request) return;
      running += 1;
      const done: Promise<void> = perform(request)
        .catch((error: unknown) => log('pull check failed to run', { error: errorName(error) }))
        .finally(() => open.delete(done));
      open.add(done);
    }
  }

  async function perform(request: PullCheckRequested): Promise<void> {
    const { operation, run, attempt, client, image, expiresAt } = request;
    const facts = { operation, run, attempt, client, image };
    const result = await check(request).finally(() => {
      running -= 1;
      next();
    });
    if (!result) {
      log('pull check expired before it began', facts);
      return;
    }
    const { reason, ...outcome } = result;
    const report = { expiresAt, image, agent: options.name, ...outcome };
    const sent = await options.report(request, report, stopping.signal);
    log('pull check', { ...facts, ...outcome, reason, report: sent.end, tries: sent.tries, lastAnswer: sent.last });
    if (sent.end !== 'stopped') options.reported(request, result);
  }

  async function check({ secret, image, expiresAt }: PullCheckRequested): Promise<PullCheckResult | undefined> {
    const left = Date.parse(expiresAt) - clock.now().getTime();
    if (left <= 0) return undefined;
    const ending = new AbortController();
    const end = () => ending.abort();
    // In the machine's time, as the sockets are whose silence it bounds.
    const timer = setTimeout(end, Math.min(left, options.checkTimeout));
    stopping.signal.addEventListener('abort', end, { once: true });
    try {
      return await options.check(secret, image, ending.signal);
    } finally {
      clearTimeout(timer);
      stopping.signal.removeEventListener('abort', end);
    }
  }

  return {
    isFull: () => waiting.length + open.size >= MOST_OPEN,
    add(request) {
      waiting.push(request);
      next();
    },
    health: () => ({ checksRunning: running, checksWaiting: waiting.length, reportsOpen: open.size - running }),
    async stop() {
      stopping.abort();
      waiting.length = 0;
      await Promise.allSettled(open);
    },
  };
}
