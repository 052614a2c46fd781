import { request as requestPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent, request as requestSecure } from 'node:https';
import { rootCertificates } from 'node:tls';
import { PullFailure } from '../pullFailure.js';
import { connectionFailure } from './connectionFailure.js';
import { answerHead } from '../answerHead.js';
import { createWatchdog } from '../watchdog.js';
import type { Watchdog } from '../watchdog.js';

/** How the agent connects to registries. */
export interface HttpPolicy {
  /** Hosts that may be reached over plain http, with their port unless it is 80. */
  insecureRegistries: ReadonlySet<string>;
  /** Maximum milliseconds to wait for an answer's head, and between two pieces of its body. */
  idleTimeout: number;
  /** Connections that trust a private CA; undefined to use the process's default. */
  secure?: Agent | undefined;
  /** Pauses, in milliseconds, before another attempt when there is no connection or the registry is busy. */
  retryDelays: readonly number[];
}

export interface Get {
  url: URL;
  accept?: string;
  /** Sent only to the origin of `url`, never along a redirect to another origin. */
  authorization?: string | undefined;
  /** Whether redirects are followed. */
  redirects: boolean;
}

/** An answer whose head has arrived. The caller must read its body to the end, or discard it. */
export interface Answer {
  status: number;
  headers: Headers;
  body(): AsyncGenerator<Uint8Array>;
  discard(): Promise<void>;
}

/** Creates TLS connections that trust this CA (PEM) in addition to the well-known ones. */
export function trusting(ca: string): Agent {
  return new Agent({ keepAlive: true, ca: [...rootCertificates, ca] });
}

/** Maximum redirects that are followed. */
const MAX_REDIRECTS = 5;

/**
 * Sends one GET. Plain http is used only where the policy allows it, also on redirects. Answers 408, 429 and 5xx, and
 * missing connections, are `unreachable` failures, which a caller may retry with {@link persistently}.
 */
export async function get(request: Get, policy: HttpPolicy, signal: AbortSignal): Promise<Answer> {
  let { url } = request;
  requireAllowed(url, policy, url.host);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const answer = await send(url, request, policy, signal);
    const location = answer.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === null) return passingRefused(answer);
    await answer.discard();
    if (!request.redirects) throw new PullFailure('error', 'the token endpoint redirects, which is not followed');
    url = redirectTarget(location, url);
    requireAllowed(url, policy, 'the address that the registry redirects to');
  }
  throw new PullFailure('error', `the registry redirected more than ${MAX_REDIRECTS} times`);
}

/** Repeats `attempt` after each pause of the policy, while it fails as `unreachable`. */
export async function persistently<T>(policy: HttpPolicy, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (const delay of policy.retryDelays) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PullFailure) || error.outcome !== 'unreachable' || signal.aborted) throw error;
    }
    await pause(delay, signal);
  }
  return attempt();
}

/** The URL of an endpoint (`host` or `host:port`): https, except where the policy allows plain http. */
export function endpointUrl(endpoint: string, policy: HttpPolicy): URL {
  const plain = new URL(`http://${endpoint}/`);
  return policy.insecureRegistries.has(plain.host) ? plain : new URL(`https://${endpoint}/`);
}

async function send(url: URL, request: Get, policy: HttpPolicy, signal: AbortSignal): Promise<Answer> {
  const sameOrigin = url.origin === request.url.origin;
  const headers = {
    // A layer is already compressed. Another encoding would change the bytes that its digest covers.
    'accept-encoding': 'identity',
    ...(request.accept !== undefined && { accept: request.accept }),
    ...(request.authorization !== undefined && sameOrigin && { authorization: request.authorization }),
  };
  const watchdog = createWatchdog(policy.idleTimeout, signal);
  try {
    const message = await watchdog.wait(head(url, headers, policy.secure, watchdog.signal));
    watchdog.heard();
    return answerOf(message, watchdog);
  } catch (error) {
    watchdog.stop();
    throw connectionFailure(error);
  }
}

/** Uses Node's HTTP client, because fetch does not accept a CA. */
function head(
  url: URL,
  headers: Record<string, string>,
  secure: Agent | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return answerHead(
    url.protocol === 'https:'
      ? requestSecure(url, { headers, signal, ...(secure && { agent: secure }) })
      : requestPlain(url, { headers, signal }),
  );
}

/** Maximum bytes that are read of a discarded body, to keep the connection open. */
const DISCARD_LIMIT = 64 * 1024;

function answerOf(message: IncomingMessage, watchdog: Watchdog): Answer {
  /** @param isWanted whether each piece extends the time limit; a discarded body must end within one limit */
  async function* pieces(isWanted: boolean): AsyncGenerator<Uint8Array> {
    const chunks = message[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await watchdog.wait(chunks.next());
        if (done === true) return;
        if (isWanted) watchdog.heard();
        yield value as Buffer;
      }
    } catch (error) {
      throw connectionFailure(error);
    } finally {
      watchdog.stop();
      // The connection is kept only if the body was read to its end.
      if (!message.readableEnded) message.destroy();
    }
  }
  return {
    status: message.statusCode ?? 0,
    headers: headersOf(message),
    body: () => pieces(true),
    async discard() {
      let read = 0;
      try {
        for await (const chunk of pieces(false)) {
          read += chunk.length;
          if (read > DISCARD_LIMIT) break;
        }
      } catch {
        // The connection is lost. The next request on it reports that.
      }
    },
  };
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}

async function passingRefused(answer: Answer): Promise<Answer> {
  const { status } = answer;
  if (status !== 408 && status !== 429 && status < 500) return answer;
  await answer.discard();
  throw new PullFailure('unreachable', `the registry answered ${status}`);
}

function redirectTarget(location: string, from: URL): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!target || target.username !== '' || target.password !== '') {
    throw new PullFailure('error', 'the registry redirects to an invalid address');
  }
  return target;
}

/** @param called the host's name in the failure; a name that a peer sent is not repeated */
function requireAllowed(url: URL, policy: HttpPolicy, called: string): void {
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && policy.insecureRegistries.has(url.host)) return;
  throw new PullFailure('tls', `plain http to ${called} is not allowed`);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(new PullFailure('unreachable', 'no answer before the deadline'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}
