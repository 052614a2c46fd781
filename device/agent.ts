import type { PullCheckReport, PullCheckRequested } from '../src/domain/pullCheckMessages.js';
import type { Signal, SignalHandler } from './channels/signal.js';
import type { Log } from './log.js';
import type { PromotedCredentials } from './promotedCredentials.js';
import type { PullCheckResult } from './pullCheck.js';
import { errorName } from './pullFailure.js';
import type { ReportEnd } from './reporter.js';
import { createSeenSignals } from './seenSignals.js';
import type { SecretVersion } from './secrets/vault.js';

export interface AgentOptions {
  /** Named in every report. */
  name: string;
  /** The clients this agent answers for; undefined for all. */
  clients: ReadonlySet<string> | undefined;
  check: (secret: SecretVersion, image: string, signal: AbortSignal) => Promise<PullCheckResult>;
  report: (
    request: PullCheckRequested,
    report: PullCheckReport,
    signal: AbortSignal,
  ) => Promise<{ end: ReportEnd; tries: number; last: string }>;
  promoted: PromotedCredentials;
  /** Checks that run at the same time. */
  concurrency: number;
  /** Longest time for one check, in milliseconds; an attempt that expires earlier ends earlier. */
  checkTimeout: number;
  log: Log;
}

export interface Agent {
  handle: SignalHandler;
  health: () => { checksRunning: number; checksWaiting: number; reportsOpen: number; promoted: number };
  /** Ends what runs, and waits for it. */
  stop(): Promise<void>;
}

/** Most checks and reports that may be open at once, and how many signals are remembered against repetition. */
const MOST_OPEN = 1_000;
const MOST_REMEMBERED = 10_000;

/** The agent behind its channels: runs each requested check once and reports it. */
export function createAgent(options: AgentOptions): Agent {
  const { clients, promoted, log } = options;
  const seen = createSeenSignals(MOST_REMEMBERED);
  const waiting: PullCheckRequested[] = [];
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
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
  }

  async function check({ secret, image, expiresAt }: PullCheckRequested): Promise<PullCheckResult | undefined> {
    const left = Date.parse(expiresAt) - Date.now();
    if (left <= 0) return undefined;
    const ending = new AbortController();
    const end = () => ending.abort();
    const timer = setTimeout(end, Math.min(left, options.checkTimeout));
    stopping.signal.addEventListener('abort', end, { once: true });
    try {
      return await options.check(secret, image, ending.signal);
    } finally {
      clearTimeout(timer);
      stopping.signal.removeEventListener('abort', end);
    }
  }

  function handle(signal: Signal): ReturnType<SignalHandler> {
    if (clients && !clients.has(signal.data.client)) return 'notMine';
    if (signal.kind === 'pullCheckRequested' && waiting.length + open.size >= MOST_OPEN) return 'busy';
    if (!seen.firstTime(signal)) return 'duplicate';
    if (signal.kind === 'credentialPromoted') {
      const { operation, client, secret } = signal.data;
      const changed = promoted.promote(signal.data);
      log('credential promoted', { operation, client, secret: secret.name, version: secret.version, changed });
    } else {
      waiting.push(signal.data);
      next();
    }
    return 'taken';
  }

  return {
    handle,
    health: () => ({
      checksRunning: running,
      checksWaiting: waiting.length,
      reportsOpen: open.size - running,
      promoted: promoted.count(),
    }),
    async stop() {
      stopping.abort();
      waiting.length = 0;
      await Promise.allSettled(open);
    },
  };
}
