import type { AgentClock } from '../agentClock.js';
import type { ClockSkew } from '../clockSkew.js';
import { pause } from '../agentClock.js';
import type { Log } from '../log.js';
import { growingPauses, retryAfter, serverTime } from '../pauses.js';
import { errorName } from '../pullFailure.js';
import { createSeen } from '../seen.js';
import type { AppAnswer } from './appAnswer.js';
import type { Channel, Disposition, SignalHandler } from './channel.js';
import { parseEvent, parseSignal } from './events.js';

/** Reads the messages in an answer. @returns a problem, as text for the log, if they must not be used */
export type ReadMessages<Answer extends AppAnswer = AppAnswer> = (
  answer: Answer,
) => Promise<readonly unknown[] | { readonly problem: string }>;

export interface AskingOptions<Answer extends AppAnswer> {
  /** Asks the app once for messages. */
  ask: (signal: AbortSignal) => Promise<Answer>;
  read: ReadMessages<Answer>;
  /** Seconds that the app may hold a request open, 0 to 25. */
  wait: number;
  /** Milliseconds between an empty answer that the app did not hold, and the next request. */
  interval: number;
  handle: SignalHandler;
  skew?: ClockSkew;
  clock: AgentClock;
  log: Log;
}

/** Maximum bytes of an answer with messages. */
export const MESSAGES_LIMIT = 1024 * 1024;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const LONGEST_RETRY_AFTER = 900_000;
/** Milliseconds. A faster answer was not held open. */
const AT_ONCE = 500;
/** Pause, in milliseconds, while the device is not admitted. */
const NOT_ADMITTED_PAUSE = 60_000;
/** A refused message is logged once, although each answer may repeat it. */
const MAX_REFUSED = 1_000;

/** Asks the app for signals again and again. For devices that cannot be reached from outside. */
export function startAsking<Answer extends AppAnswer>(options: AskingOptions<Answer>): Channel {
  const { clock, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const refused = createSeen(MAX_REFUSED);
  const failing = growingPauses(FIRST_PAUSE, LONGEST_PAUSE);
  const repeating = growingPauses(FIRST_PAUSE, 10_000);
  let lastHeard: string | undefined;
  let trouble: string | undefined;

  /** @returns milliseconds until the next request */
  async function poll(): Promise<number> {
    const asked = performance.now();
    const answer = await options.ask(signal);
    options.skew?.observe(answer.date);
    if (answer.status === 200 || answer.status === 204) {
      lastHeard = clock.now().toISOString();
      if (trouble !== undefined) log('polling again');
      trouble = undefined;
      failing.reset();
      if (answer.status === 200) return take(answer);
      if (options.wait === 0) return options.interval;
      // Answered too early: by a proxy on the path, or by an app that is shutting down.
      if (performance.now() - asked < AT_ONCE) return repeating.next();
      repeating.reset();
      return 0;
    }
    const reason = answer.status === undefined ? answer.text : String(answer.status);
    if (trouble !== reason && !signal.aborted) log('polling failed', { reason });
    trouble = reason;
    if (answer.status === 401 || answer.status === 403) return jittered(NOT_ADMITTED_PAUSE);
    return Math.min(
      retryAfter(answer.retryAfter, serverTime(answer.date) ?? clock.now()) ?? failing.next(),
      LONGEST_RETRY_AFTER,
    );
  }

  async function take(answer: Answer): Promise<number> {
    const found = await options.read(answer);
    if ('problem' in found) {
      log('answer refused', { reason: found.problem });
      return failing.next();
    }
    const news = found.map(hand).includes('accepted');
    // The app repeats a message until it is answered. Without a new message the agent can wait.
    if (!news) return repeating.next();
    repeating.reset();
    return 0;
  }

  function hand(message: unknown): Disposition | 'refused' {
    const parsed = parseSignal(parseEvent(message));
    if (parsed && !('problem' in parsed)) return options.handle(parsed);
    if (refused.firstTime(message)) {
      const fields = parsed?.problem ?? 'type';
      log('event refused', { fields });
    }
    return 'refused';
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const wait = await poll().catch((error: unknown) => {
        log('polling failed', { reason: `unexpected ${errorName(error)}` });
        return failing.next();
      });
      if (wait > 0) await pause(clock, wait, signal);
    }
  }
  const running = run();

  return {
    health: () => ({ connected: lastHeard !== undefined && trouble === undefined, lastHeard }),
    async close() {
      stopping.abort();
      await running;
    },
  };
}

function jittered(milliseconds: number): number {
  return Math.round(milliseconds * (0.5 + Math.random() / 2));
}
