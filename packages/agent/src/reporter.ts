import type {
  CredentialPromoted,
  PromotionAcknowledgement,
  PullCheckReport,
  PullCheckRequested,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  acknowledgementPath,
  authorizeReport,
  reportPath,
  type ReportCredential,
} from '@connected-registry/protocol/messages/reportMac';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { AgentClock } from './agentClock.js';
import { pause } from './agentClock.js';
import type { ClockSkew } from './clockSkew.js';
import { growingPauses, retryAfter, serverTime } from './pauses.js';
import { errorName } from './pullFailure.js';
import { within } from './watchdog.js';

/**
 * How sending a report ended: accepted, refused for good (with the status), or `expired`: nobody accepted or refused it
 * within the lifetime of the attempt.
 */
export type ReportEnd = 'accepted' | 'refused-401' | 'refused-409' | 'refused-410' | 'expired' | 'stopped';

/**
 * How sending ended, after how many attempts, and the result of the last one: a status or the reason why there was no
 * answer.
 */
export interface Sent {
  end: ReportEnd;
  tries: number;
  last: string;
}

export interface ReporterOptions {
  /** The app's base address from the agent's settings, without `/api` and without a trailing slash. */
  reportUrl: string;
  clock: AgentClock;
  /** Maximum milliseconds to wait for one answer. */
  timeout: number;
  /** The known error of the machine's clock. */
  skew?: ClockSkew;
}

/** A promotion with the parameters of its acknowledgement. */
export type Acknowledgeable = CredentialPromoted & ReportCredential;

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/**
 * Minimum total of pauses, in milliseconds, before an unanswered report is given up, if the machine's clock is not
 * reliable. Long enough for a deployment of the app, or for a network to come up.
 */
const MIN_PATIENCE = 3_600_000;
/** Maximum total of pauses, in milliseconds, if the clock is far behind: a promotion waits a month at most. */
const MAX_PATIENCE = 31 * 86_400_000;
/** Maximum pause, in milliseconds. An acknowledgement may be sent for days. */
const LONGEST_ACKNOWLEDGEMENT_PAUSE = 600_000;

/**
 * Sends a check's report until it is accepted, refused for good (401 wrong key, 409 other content, 410 ended or
 * expired), or the lifetime of the attempt has passed. It is sent at least once: the app decides, by its own clock,
 * whether it is too late. Other answers and missing connections are retried with growing pauses, or after the
 * Retry-After of the app.
 */
export function sendReport(
  request: PullCheckRequested,
  report: PullCheckReport,
  options: ReporterOptions,
  signal: AbortSignal,
): Promise<Sent> {
  const path = reportPath(request);
  const { traceparent } = request;
  return send({ path, key: request, body: report, traceparent, longestPause: LONGEST_PAUSE }, options, signal);
}

/**
 * Acknowledges that the consumers' files hold `version`. Sent as persistently as a report, for as long as the promotion
 * allows.
 */
export function sendAcknowledgement(
  promotion: Acknowledgeable,
  { version, agent }: { version: string; agent: string },
  options: ReporterOptions,
  signal: AbortSignal,
): Promise<Sent> {
  const path = acknowledgementPath(promotion);
  const body: PromotionAcknowledgement = { expiresAt: promotion.expiresAt, version, agent };
  return send({ path, key: promotion, body, longestPause: LONGEST_ACKNOWLEDGEMENT_PAUSE }, options, signal);
}

interface Message {
  /** From `/api` on. */
  path: string;
  /** Never sent: the request proves it. */
  key: ReportCredential;
  body: PullCheckReport | PromotionAcknowledgement;
  /** The trace that the request continues (W3C Trace Context). */
  traceparent?: string | undefined;
  longestPause: number;
}

async function send(
  { path, key, body: content, traceparent, longestPause }: Message,
  { reportUrl, clock, timeout, skew }: ReporterOptions,
  signal: AbortSignal,
): Promise<Sent> {
  seenSecrets.remember(key.reportKey);
  let patience = patienceFor(key.expiresAt, clock.now(), skew?.seconds());
  const pauses = growingPauses(FIRST_PAUSE, longestPause);
  const body = JSON.stringify(content);
  const headers = {
    authorization: authorizeReport(key, { path, body }),
    'content-type': 'application/json',
    ...(traceparent !== undefined && { traceparent }),
  };
  let last = 'none';
  for (let tries = 0; ; tries += 1) {
    if (signal.aborted) return { end: 'stopped', tries, last };
    if (patience <= 0) return { end: 'expired', tries, last };
    const answer = await post(`${reportUrl}${path}`, headers, body, timeout, signal);
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
 * Maximum total of pauses, in milliseconds. The deadline is an instant of the app's clock, so this machine's clock is
 * used only if it is not known to be wrong. The time is then counted instead of read from a clock, which may be
 * corrected in the meantime.
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
  /** The server's time from its Date header. */
  date: string | null;
  /** The status, or the reason why there was no answer, for the log. */
  text: string;
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeout: number,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await within(timeout, signal, async (ending) => {
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body,
        // A redirect would send the report elsewhere. It counts as an answer that must be retried.
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
