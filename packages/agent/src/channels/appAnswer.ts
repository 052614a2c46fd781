import { errorName } from '../pullFailure.js';
import { within } from '../watchdog.js';

/** An answer of the app, or the reason why there is none. */
export interface AppAnswer {
  /** undefined if there was no answer. */
  status: number | undefined;
  /** The body; empty if it was not wanted or is too large. Without an answer the reason, for the log. */
  text: string;
  retryAfter: string | null;
  /** The server's time from its Date header. */
  date: string | null;
}

export interface AppQuestion {
  url: string;
  init: RequestInit;
  /** Maximum bytes of the body of an answer with this status; 0 if the body is not wanted. */
  limit: (status: number) => number;
}

/**
 * Asks the app. Never throws: without an answer the reason is in the text.
 * @param timeout maximum milliseconds
 */
export async function askApp(
  timeout: number,
  signal: AbortSignal,
  question: (ending: AbortSignal) => Promise<AppQuestion | undefined>,
): Promise<AppAnswer> {
  try {
    return await within(timeout, signal, async (ending) => {
      const asked = await question(ending);
      if (!asked) return unanswered('no token');
      const response = await fetch(asked.url, {
        ...asked.init,
        // A redirect would send the token or the signature elsewhere.
        redirect: 'manual',
        signal: ending,
      });
      return {
        status: response.status,
        text: await readText(response, asked.limit(response.status)),
        retryAfter: response.headers.get('retry-after'),
        date: response.headers.get('date'),
      };
    });
  } catch (error) {
    return unanswered(errorName(error));
  }
}

function unanswered(text: string): AppAnswer {
  return { status: undefined, text, retryAfter: null, date: null };
}

async function readText(response: Response, limit: number): Promise<string> {
  if (limit === 0) {
    await response.body?.cancel();
    return '';
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
