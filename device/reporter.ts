import type {
  CredentialPromoted,
  PromotionAcknowledgement,
  PullCheckReport,
  PullCheckRequested,
} from '../src/domain/pullCheckMessages.js';
import { seenSecrets } from '../src/redaction/seenSecrets.js';
import type { AgentClock } from './clock.js';
import { pause } from './clock.js';
import { growingPauses, retryAfter } from './pauses.js';
import { errorName } from './pullFailure.js';
import { createWatchdog } from './watchdog.js';

/** How a report ended: taken, refused for good (with the status), or not taken before it expired. */
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
}

/** A promotion that says how it is acknowledged. */
export type Acknowledgeable = CredentialPromoted & { keyId: string; reportKey: string; expiresAt: string };

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** An acknowledgement may be sent for days. */
const LONGEST_ACKNOWLEDGEMENT_PAUSE = 600_000;

/**
 * Sends a check's report until it is taken, refused for good (401 wrong key, 409 other content, 410 ended), or the attempt
 * has expired. Everything else, no connection among it, is tried again with growing pauses or after the Retry-After that the
 * app asks for.
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
  { reportUrl, clock, timeout }: ReporterOptions,
  signal: AbortSignal,
): Promise<Sent> {
  seenSecrets.remember(key.reportKey);
  const deadline = Date.parse(key.expiresAt);
  const pauses = growingPauses(FIRST_PAUSE, longestPause);
  let last = 'none';
  for (let tries = 0; ; tries += 1) {
    if (signal.aborted) return { end: 'stopped', tries, last };
    const now = clock.now().getTime();
    if (now >= deadline) return { end: 'expired', tries, last };
    const watchdog = createWatchdog(timeout, signal);
    const headers = {
      authorization: `PullCheck ${key.keyId}:${key.reportKey}`,
      ...(traceparent !== undefined && { traceparent }),
    };
    const answer = await post(`${reportUrl}/api/${path}`, headers, body, watchdog.signal);
    watchdog.stop();
    last = answer.text;
    const end = endOf(answer.status);
    if (end) return { end, tries: tries + 1, last };
    const after = clock.now();
    const wanted = retryAfter(answer.retryAfter, after) ?? pauses.next();
    await pause(clock, Math.min(wanted, longestPause, Math.max(0, deadline - after.getTime())), signal);
  }
}

function endOf(status: number | undefined): ReportEnd | undefined {
  if (status === undefined) return undefined;
  if (status >= 200 && status < 300) return 'accepted';
  return status === 401 || status === 409 || status === 410 ? `refused-${status}` : undefined;
}

interface Answer {
  status: number | undefined;
  retryAfter: string | null;
  /** The status or what kept the answer away, for the log. */
  text: string;
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // A redirect would carry the report elsewhere; it counts as an answer that is no end.
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    return {
      status: response.status,
      text: String(response.status),
      retryAfter: response.headers.get('retry-after'),
    };
  } catch (error) {
    return { status: undefined, retryAfter: null, text: errorName(error) };
  }
}
