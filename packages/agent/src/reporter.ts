import type {
  CredentialPromoted,
  PromotionAcknowledgement,
  PullCheckReport,
  PullCheckRequested,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { AgentClock } from './agentClock.js';
import { pause } from './agentClock.js';
import type { ClockSkew } from './clockSkew.js';
import { growingPauses, retryAfter, serverTime } from './pauses.js';
import { errorName } from './pullFailure.js';
import { within } from './watchdog.js';

/**
 * How a report ended: taken, refused for good (with the status), or `expired`: nobody has taken or judged it for as long as the
 * attempt has to live.
 */
export type ReportEnd = 'accepted' | 'refused-401' | 'refused-409' | 'refused-410' | 'expired' | 'stopped';

/** How sending ended, after how many tries, and what the last of them brought: a status or what kept the answer away. */
export interface Sent {
  end: ReportEnd;
  tries: number;
  last: string;
}

export interface ReporterOptions {
  /** The app's base address from the agent's settings, without `/api` and without a trailing slash. */
  reportUrl: string;
  clock: AgentClock;
  /** Longest wait for one answer, in milliseconds. */
  timeout: number;
  /** How far the machine's clock is known to be wrong. */
  skew?: ClockSkew;
}

/** A promotion that says how it is acknowledged. */
export type Acknowledgeable = CredentialPromoted & { keyId: string; reportKey: string; expiresAt: string };

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/**
 * Milliseconds of pauses after which a report is given up that nobody has judged, where the machine's own clock says nothing of
 * use. Long enough for an app that is being deployed, or a network that comes up.
 */
const MIN_PATIENCE = 3_600_000;
/** The same where the clock is far behind: a promotion waits for a month at most. */
const MAX_PATIENCE = 31 * 86_400_000;
/** An acknowledgement may be sent for days. */
const LONGEST_ACKNOWLEDGEMENT_PAUSE = 600_000;

/**
 * Sends a check's report until it is taken, refused for good (401 wrong key, 409 other content, 410 ended or expired), or there
 * was no such answer for as long as the attempt has to live. It is sent once at least: whether it comes too late is the app's to
 * say, by the app's clock. Everything else, no connection among it, is tried again with growing pauses or after the
 * Retry-After that the app asks for.
 */
export function sendReport(
  request: PullCheckRequested,
  report: PullCheckReport,
  options: ReporterOptions,
  signal: AbortSignal,
): Promise<Sent> {
  const path = `pull-checks/${encodeURIComponent(request.operation)}/${request.attempt}`;
  const { traceparent } = request;
  return send({ path, key: request, body: report, traceparent, longestPause: LONGEST_PAUSE }, options, signal);
}

/** Says that the consumers' files hold `version`; sent as persistently as a report, as long as the promotion allows. */
export function sendAcknowledgement(
  promotion: Acknowledgeable,
  { version, agent }: { version: string; agent: string },
  options: ReporterOptions,
  signal: AbortSignal,
): Promise<Sent> {
  const path = `promotions/${encodeURIComponent(promotion.operation)}`;
  const body: PromotionAcknowledgement = { expiresAt: promotion.expiresAt, version, agent };
  return send({ path, key: promotion, body, longestPause: LONGEST_ACKNOWLEDGEMENT_PAUSE }, options, signal);
}

interface Message {
  /** Below `/api`. */
  path: string;
  key: { keyId: string; reportKey: string; expiresAt: string };
  body: PullCheckReport | PromotionAcknowledgement;
  /** The trace that the app's answer belongs to (W3C Trace Context). */
  traceparent?: string | undefined;
  longestPause: number;
}

async function send(
  { path, key, body, traceparent, longestPause }: Message,
  { reportUrl, clock, timeout, skew }: ReporterOptions,
  signal: AbortSignal,
): Promise<Sent> {
  seenSecrets.remember(key.reportKey);
  let patience = patienceFor(key.expiresAt, clock.now(), skew?.seconds());
  const pauses = growingPauses(FIRST_PAUSE, longestPause);
  const headers = {
    authorization: `PullCheck ${key.keyId}:${key.reportKey}`,
    ...(traceparent !== undefined && { traceparent }),
  };
  let last = 'none';
  for (let tries = 0; ; tries += 1) {
    if (signal.aborted) return { end: 'stopped', tries, last };
    if (patience <= 0) return { end: 'expired', tries, last };
    const answer = await post(`${reportUrl}/api/${path}`, headers, body, timeout, signal);
    last = answer.text;
    skew?.observe(answer.date);
    const end = endOf(answer.status);
    if (end) return { end, tries: tries + 1, last };
    const wanted = retryAfter(answer.retryAfter, serverTime(answer.date) ?? clock.now()) ?? pauses.next();
    const wait = Math.min(wanted, longestPause, patience);
    patience -= wait;
    await pause(clock, wait, signal);
  }
}

/**
 * Milliseconds of pauses that a report is worth. The deadline is of the app's clock, so this machine's says how long there is
 * only where nothing speaks against it; how long is then counted, not read off a clock, which may be put right meanwhile.
 */
function patienceFor(expiresAt: string, now: Date, skewSeconds: number | undefined): number {
  const left = Date.parse(expiresAt) - now.getTime() + (skewSeconds ?? 0) * 1_000;
  const isTrusted = skewSeconds === undefined && left > 0;
  return Math.min(isTrusted ? left : Math.max(left, MIN_PATIENCE), MAX_PATIENCE);
}

function endOf(status: number | undefined): ReportEnd | undefined {
  if (status === undefined) return undefined;
  if (status >= 200 && status < 300) return 'accepted';
  return status === 401 || status === 409 || status === 410 ? `refused-${status}` : undefined;
}

interface Answer {
  status: number | undefined;
  retryAfter: string | null;
  /** The server's time, as its Date header has it. */
  date: string | null;
  /** The status or what kept the answer away, for the log. */
  text: string;
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  timeout: number,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await within(timeout, signal, async (ending) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // A redirect would carry the report elsewhere; it counts as an answer that is no end.
        redirect: 'manual',
        signal: ending,
      });
      await response.body?.cancel();
      return {
        status: response.status,
        text: String(response.status),
        retryAfter: response.headers.get('retry-after'),
        date: response.headers.get('date'),
      };
    });
  } catch (error) {
    return { status: undefined, retryAfter: null, date: null, text: errorName(error) };
  }
}
