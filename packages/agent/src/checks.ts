import { setMaxListeners } from 'node:events';
import type { PullCheckReport, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { AgentClock } from './agentClock.js';
import type { ClockSkew } from './clockSkew.js';
import { HangingWork } from './keeper/hangingWork.js';
import type { Log } from './log.js';
import type { PullCheckResult } from './pullCheck.js';
import { errorName } from './pullFailure.js';
import type { Sent } from './reporter.js';
import type { SecretOwner } from './secrets/owner.js';
import type { SecretVersion } from './secrets/vault.js';

export interface ChecksOptions {
  /** The agent's name in every report. */
  name: string;
  /** @param owner the client that the secret must belong to */
  check: (secret: SecretVersion, image: string, signal: AbortSignal, owner: SecretOwner) => Promise<PullCheckResult>;
  report: (request: PullCheckRequested, report: PullCheckReport, signal: AbortSignal) => Promise<Sent>;
  /** Maximum checks that run at the same time. */
  concurrency: number;
  /**
   * Maximum milliseconds for one check. The expiry of the attempt does not limit it: that is an instant of the app's
   * clock, and the app judges the report by it.
   */
  checkTimeout: number;
  /** The known error of the machine's clock, for the report. */
  skew?: ClockSkew;
  clock: AgentClock;
  log: Log;
  /** Called for each check after its report was accepted, was refused or has expired. */
  reported: (request: PullCheckRequested, result: PullCheckResult) => void;
}

/** Requested checks. Each is run and reported. */
export interface Checks {
  /** Whether the maximum number of open checks is reached. */
  isFull(): boolean;
  add(request: PullCheckRequested): void;
  /** `checksHanging`: checks that were abandoned and have not ended; present if there are any. */
  health(): { checksRunning: number; checksWaiting: number; reportsOpen: number; checksHanging?: number };
  /** Ends running work, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** Maximum open checks and reports. */
const MAX_OPEN = 1_000;
/** Milliseconds for a check to end after it was asked to. After that its slot is free, and it counts as hanging. */
const GRACE = 5_000;

export function createChecks(options: ChecksOptions): Checks {
  const { clock, log } = options;
  const waiting: PullCheckRequested[] = [];
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
  // Each open piece of work listens to this signal. Their number is bounded.
  setMaxListeners(0, stopping.signal);
  let running = 0;
  const hanging = new HangingWork();

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
    // For readers of the log only. Whether the attempt has expired is decided by the app's clock.
    const late = Date.parse(expiresAt) <= clock.now().getTime() ? { expiredByOwnClock: true } : {};
    const result = await check(request).finally(() => {
      running -= 1;
      next();
    });
    const { reason, ...outcome } = result;
    const clockSkewSeconds = options.skew?.seconds();
    const skew = clockSkewSeconds === undefined ? {} : { clockSkewSeconds };
    const report = { expiresAt, image, agent: options.name, ...outcome, ...skew };
    const sent = await options.report(request, report, stopping.signal);
    const facts = { operation, run, attempt, client, image, ...outcome, ...skew, ...late, reason };
    log('pull check', { ...facts, report: sent.end, tries: sent.tries, lastAnswer: sent.last });
    if (sent.end !== 'stopped') options.reported(request, result);
  }

  async function check({ secret, image, client, connectedRegistry }: PullCheckRequested): Promise<PullCheckResult> {
    const ending = new AbortController();
    const end = () => ending.abort();
    // Real time, because it bounds real sockets.
    const timer = setTimeout(end, options.checkTimeout);
    stopping.signal.addEventListener('abort', end, { once: true });
    try {
      return await endedBy(options.check(secret, image, ending.signal, { client, connectedRegistry }), ending.signal);
    } finally {
      clearTimeout(timer);
      stopping.signal.removeEventListener('abort', end);
    }
  }

  /**
   * Waits for a check, and abandons it if it does not end in time after it was asked to, because its slot is needed.
   */
  async function endedBy(work: Promise<PullCheckResult>, ending: AbortSignal): Promise<PullCheckResult> {
    let grace: NodeJS.Timeout | undefined;
    const givenUp = new Promise<PullCheckResult>((resolve) => {
      const giveUp = () => {
        hanging.add(work);
        resolve({ outcome: 'error', milliseconds: options.checkTimeout, reason: 'the check did not end in time' });
      };
      ending.addEventListener('abort', () => (grace = setTimeout(giveUp, GRACE)), { once: true });
    });
    try {
      return await Promise.race([work, givenUp]);
    } finally {
      clearTimeout(grace);
    }
  }

  return {
    isFull: () => waiting.length + open.size >= MAX_OPEN,
    add(request) {
      waiting.push(request);
      next();
    },
    health: () => ({
      checksRunning: running,
      checksWaiting: waiting.length,
      reportsOpen: open.size - running,
      ...(hanging.count > 0 && { checksHanging: hanging.count }),
    }),
    async stop() {
      stopping.abort();
      waiting.length = 0;
      await Promise.allSettled(open);
    },
  };
}
