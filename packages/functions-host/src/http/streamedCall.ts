/**
 * Calls an HTTP function of an app that has enabled HTTP streams (Azure docs: functions-reference-node, "HTTP
 * streams"): request and answer pass through a web server that the programming model runs, and not through the
 * invocation.
 */
import { randomUUID } from 'node:crypto';
import { Agent, IncomingMessage, request as httpRequest } from 'node:http';

import type { HostLog } from '../log/log.js';
import type { Quirks } from '../log/quirks.js';
import type { LoadedApp } from '../worker/app.js';
import { endedWithWorker } from '../workerExit.js';
import { empty, type Answer } from './answer.js';
import { BodyTooLargeError, type Incoming } from './incoming.js';
import { encodePath } from './path.js';
import type { FunctionRoute } from './routes.js';

export interface StreamedCallOptions {
  readonly app: LoadedApp;
  readonly log: HostLog;
  readonly quirks: Quirks;
  /** The address of the web server that the programming model runs. */
  readonly httpUri: string;
}

/** Maximum milliseconds that the real host waits for a function without an answer. */
const longestSilence = 240_000;

/**
 * Opens a connection for each request. The app's server closes connections that were idle for five seconds, and a
 * request that is sent at that moment is lost. The request still asks to keep the connection: a server that closes it
 * with its answer would lose that answer while the request's body is in transit.
 */
class ConnectionPerRequest extends Agent {
  constructor() {
    super({ keepAlive: true });
  }

  /** Called before a connection is kept for later. `maxFreeSockets: 0` would mean the default of 256. */
  override keepSocketAlive(): boolean {
    return false;
  }
}

const toApp = new ConnectionPerRequest();

/** Runs the function of a route and passes its answer on as it arrives. */
export async function callStreamed(
  options: StreamedCallOptions,
  route: FunctionRoute,
  params: Readonly<Record<string, string>>,
  request: Incoming,
): Promise<Answer> {
  const { app, log, quirks } = options;
  const { name, triggerName } = route.fn;
  if ((request.contentLength ?? 0) > request.bodyLimit) {
    log.error(new BodyTooLargeError(request.bodyLimit).message, { functionName: name });
    return empty(500);
  }
  const invocationId = randomUUID();
  const forwarded = forward(options.httpUri, invocationId, request);
  const ended = app.invoke(name, {
    invocationId,
    inputData: [{ name: triggerName, data: { http: {} } }],
    triggerMetadata: metadataOf(params, request),
    traceContext: { traceParent: '', traceState: '', attributes: {} },
  });
  const silent = ended.then(
    () => 'returned nothing',
    (error: unknown) => (endedWithWorker(error) ? 'ended with its worker' : 'threw'),
  );
  const first = await Promise.race([forwarded.answer, silent]);
  if (typeof first !== 'string') {
    // The function may still be writing the body.
    if (first instanceof IncomingMessage)
      ended.catch((error: unknown) => {
        if (endedWithWorker(error)) first.destroy(new Error('the function ended with its worker'));
      });
    return answerOf(first);
  }
  if (first === 'ended with its worker') {
    forwarded.cancel();
    return empty(500);
  }
  // The answer may be in transit although the invocation has ended.
  const late = await Promise.race([
    forwarded.answer,
    new Promise<'none'>((resolve) => setTimeout(resolve, 200, 'none')),
  ]);
  if (late !== 'none') return answerOf(late);
  try {
    quirks.report(
      `function '${name}' ${first}: with HTTP streams on, its caller gets no answer and waits. Return an answer in every case, a throw included`,
      { functionName: name },
    );
  } catch (error) {
    forwarded.cancel();
    log.error(String(error), { functionName: name });
    return empty(500);
  }
  return answerOf(await forwarded.answer);
}

/** Route and query parameters, as the real host passes them to such an app. Route parameters take precedence. */
function metadataOf(
  params: Readonly<Record<string, string>>,
  request: Incoming,
): Record<string, { string?: string; json?: string }> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(request.search))
    if (name.toLowerCase() !== 'code') query[name] = value;
  const texts = Object.fromEntries(
    Object.entries({ ...query, ...params }).map(([name, value]) => [name, { string: value }]),
  );
  return { ...texts, Query: { json: JSON.stringify(query) }, Headers: { json: JSON.stringify(request.headers) } };
}

interface Forwarded {
  /** Never rejects: a timeout is a 504, a broken connection a 502, a body over the limit a 500. */
  readonly answer: Promise<IncomingMessage | Answer>;
  cancel(): void;
}

function forward(httpUri: string, invocationId: string, request: Incoming): Forwarded {
  const sent = httpRequest({
    // The app names `localhost` and listens on every address. A lookup would wait for a thread behind the journal's
    // writes.
    host: '127.0.0.1',
    port: new URL(httpUri).port,
    method: request.method,
    path: encodePath(request.path) + request.search,
    agent: toApp,
    headers: {
      // The real host keeps this header if the caller has sent it (source: DefaultHttpProxyService).
      'x-ms-invocation-id': invocationId,
      ...request.headers,
      'x-forwarded-host': request.host,
      'x-forwarded-proto': 'http',
      connection: 'keep-alive',
    },
  });
  const answer = new Promise<IncomingMessage | Answer>((resolve) => {
    const body = request.stream();
    body.once('error', () => {
      resolve(empty(500));
      sent.destroy();
    });
    body.pipe(sent);
    sent.once('response', (received) => {
      // Once the app has answered, nobody reads the rest of the body.
      received.once('end', () => sent.writableFinished || sent.destroy());
      resolve(received);
    });
    sent.once('error', () => resolve(empty(502)));
    sent.setTimeout(longestSilence, () => {
      resolve(empty(504));
      sent.destroy();
    });
  });
  return { answer, cancel: () => sent.destroy() };
}

function answerOf(answer: IncomingMessage | Answer): Answer {
  if (!(answer instanceof IncomingMessage)) return answer;
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined) headers[name] = value;
  return { status: answer.statusCode ?? 200, headers, body: answer };
}
