import type { PullCheckReport, PullCheckRequested } from '../src/domain/pullCheckMessages.js';
import { errorName } from './pullFailure.js';

/** How a report ended: taken, refused for good (with the status), or not taken before the attempt expired. */
export type ReportEnd = 'accepted' | 'refused-401' | 'refused-409' | 'refused-410' | 'expired' | 'stopped';

export interface ReporterOptions {
  /** The app's base address from the agent's settings, without `/api` and without a trailing slash. */
  reportUrl: string;
  now: () => number;
  /** Waits so many milliseconds, or less when the signal ends it. */
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Longest wait for one answer, in milliseconds. */
  timeout: number;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/**
 * Sends a check's report until it is taken, refused for good (401 wrong key, 409 other content, 410 ended), or the attempt
 * has expired. Everything else, no connection among it, is tried again with growing pauses or after the Retry-After that the
 * app asks for.
 */
export async function sendReport(
  { operation, attempt, keyId, reportKey, expiresAt }: PullCheckRequested,
  report: PullCheckReport,
  { reportUrl, now, wait, timeout }: ReporterOptions,
  signal: AbortSignal,
): Promise<{ end: ReportEnd; tries: number; last: string }> {
  const url = `${reportUrl}/api/pull-checks/${encodeURIComponent(operation)}/${attempt}`;
  const deadline = Date.parse(expiresAt);
  let pause = FIRST_PAUSE;
  let last = 'none';
  for (let tries = 0; ; tries += 1) {
    if (signal.aborted) return { end: 'stopped', tries, last };
    if (now() >= deadline) return { end: 'expired', tries, last };
    const answer = await post(
      url,
      `PullCheck ${keyId}:${reportKey}`,
      report,
      AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    );
    last = answer.text;
    const end = endOf(answer.status);
    if (end) return { end, tries: tries + 1, last };
    const longest = Math.max(0, deadline - now());
    await wait(Math.min(answer.retryAfter ?? jitter(pause), LONGEST_PAUSE, longest), signal);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

function endOf(status: number | undefined): ReportEnd | undefined {
  if (status === undefined) return undefined;
  if (status >= 200 && status < 300) return 'accepted';
  return status === 401 || status === 409 || status === 410 ? `refused-${status}` : undefined;
}

interface ReportAnswer {
  status: number | undefined;
  /** Milliseconds. */
  retryAfter?: number;
  /** The status or what kept the answer away, for the log. */
  text: string;
}

async function post(
  url: string,
  authorization: string,
  report: PullCheckReport,
  signal: AbortSignal,
): Promise<ReportAnswer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(report),
      // A redirect would carry the report elsewhere; it counts as an answer that is no end.
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    return {
      status: response.status,
      text: String(response.status),
      ...(seconds >= 0 && { retryAfter: seconds * 1000 }),
    };
  } catch (error) {
    return { status: undefined, text: errorName(error) };
  }
}

/** Between half of the pause and all of it, so that many devices do not come back at once. */
function jitter(pause: number): number {
  return Math.round(pause * (0.5 + Math.random() / 2));
}
