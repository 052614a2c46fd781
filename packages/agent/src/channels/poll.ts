import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { AgentClock } from '../agentClock.js';
import type { ClockSkew } from '../clockSkew.js';
import { pause } from '../agentClock.js';
import type { Log } from '../log.js';
import { growingPauses, retryAfter, serverTime } from '../pauses.js';
import { errorName } from '../pullFailure.js';
import { createSeen } from '../seen.js';
import { within } from '../watchdog.js';
import type { Channel } from './channel.js';
import { parseEvent, parseSignal } from './events.js';
import type { SignalHandler } from './channel.js';

export interface PollOptions {
  /** The app's base address, without `/api` and without a trailing slash. */
  url: string;
  /** The audience of the app's tokens; the scope is `{audience}/.default`. */
  audience: string;
  credential: TokenCredential;
  /** Seconds that the app may hold a request open, 0 to 25. */
  wait: number;
  /** Milliseconds between an empty answer that the app did not hold, and the next request. */
  interval: number;
  /** Maximum milliseconds without data, in addition to `wait`. */
  timeout: number;
  handle: SignalHandler;
  skew?: ClockSkew;
  clock: AgentClock;
  log: Log;
}

const ANSWER_LIMIT = 1024 * 1024;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const LONGEST_RETRY_AFTER = 900_000;
/** Milliseconds. A faster answer was not held open. */
const AT_ONCE = 500;
/** Pause, in milliseconds, while the device is not admitted. */
const NOT_ADMITTED_PAUSE = 60_000;
/** A refused message is logged once, although each answer may repeat it. */
const MAX_REFUSED = 1_000;

const pending = z.object({ messages: z.array(z.unknown()) });

/** Polls the app for signals. For devices that cannot be reached from outside. */
export function startPolling(options: PollOptions): Channel {
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
    const answer = await ask(options, signal);
    options.skew?.observe(answer.date);
    if (answer.status === 200 || answer.status === 204) {
      lastHeard = clock.now().toISOString();
      if (trouble !== undefined) log('polling again');
      trouble = undefined;
      failing.reset();
      if (answer.status === 200) return take(answer.text);
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

  function take(text: string): number {
    const parsed = pending.safeParse(parseJson(text));
    if (!parsed.success) {
      log('answer refused', { reason: 'the answer is not a list of messages' });
      return failing.next();
    }
    const news = parsed.data.messages.map(hand).includes('accepted');
    // The app repeats a message until it is answered. Without a new message the agent can wait.
    if (!news) return repeating.next();
    repeating.reset();
    return 0;
  }

  function hand(message: unknown): string {
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

interface Answer {
  status: number | undefined;
  text: string;
  retryAfter: string | null;
  /** The server's time from its Date header. */
  date: string | null;
}

async function ask(options: PollOptions, signal: AbortSignal): Promise<Answer> {
  try {
    return await within(options.wait * 1_000 + options.timeout, signal, (ending) => question(options, ending));
  } catch (error) {
    return { status: undefined, text: errorName(error), retryAfter: null, date: null };
  }
}

async function question({ url, audience, credential, wait }: PollOptions, signal: AbortSignal): Promise<Answer> {
  const token = await credential.getToken(`${audience}/.default`, { abortSignal: signal });
  if (!token) return { status: undefined, text: 'no token', retryAfter: null, date: null };
  const response = await fetch(`${url}/api/pull-checks/pending?wait=${wait}`, {
    headers: { authorization: `Bearer ${token.token}`, accept: 'application/json' },
    // A redirect would send the token elsewhere.
    redirect: 'manual',
    signal,
  });
  return {
    status: response.status,
    text: await readText(response),
    retryAfter: response.headers.get('retry-after'),
    date: response.headers.get('date'),
  };
}

async function readText(response: Response): Promise<string> {
  if (response.status !== 200) {
    await response.body?.cancel();
    return '';
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > ANSWER_LIMIT) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jittered(milliseconds: number): number {
  return Math.round(milliseconds * (0.5 + Math.random() / 2));
}
