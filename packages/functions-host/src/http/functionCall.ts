/** Calls an HTTP function: converts the request for the worker, and the worker's result to an answer. */
import type { HostLog } from '../log/log.js';
import { QuirkError, type Quirks } from '../log/quirks.js';
import type { LoadedApp, RpcHttpData, RpcInvocationResult, RpcTypedData } from '../worker/app.js';
import { empty, type Answer } from './answer.js';
import { setCookie } from './cookies.js';
import { BodyTooLargeError, type Incoming } from './incoming.js';
import { encodePath } from './path.js';
import type { FunctionRoute } from './routes.js';
import { callStreamed } from './streamedCall.js';

export interface FunctionCallOptions {
  readonly app: LoadedApp;
  readonly log: HostLog;
  readonly quirks: Quirks;
  /**
   * host.json's extensions.http.enableChunkedRequestBinding: without it, bodies without a declared length are ignored.
   */
  readonly chunkedBodies: boolean;
  /** host.json's extensions.http.customHeaders, added to every answer of a function. */
  readonly customHeaders: Readonly<Record<string, string>>;
  /** Where the programming model accepts requests if the app has enabled HTTP streams. */
  readonly httpUri: string | undefined;
}

/** Runs the function of a route. A throw, and a body over the limit, lead to a 500 without a body. */
export async function callFunction(
  options: FunctionCallOptions,
  route: FunctionRoute,
  params: Readonly<Record<string, string>>,
  request: Incoming,
): Promise<Answer> {
  const { app, log, httpUri } = options;
  // No URL can be built from such a host (an invalid port, no name); the real host also fails.
  if (!URL.canParse(`http://${request.host}/`)) return empty(500);
  if (httpUri !== undefined) return callStreamed({ ...options, httpUri }, route, params, request);
  const { name, triggerName } = route.fn;
  let result: RpcInvocationResult;
  try {
    const data: RpcTypedData = { http: await httpData(options, name, params, request) };
    result = await app.invoke(name, {
      inputData: [{ name: triggerName, data }],
      triggerMetadata: {},
      traceContext: { traceParent: '', traceState: '', attributes: {} },
    });
  } catch (error) {
    if (error instanceof BodyTooLargeError || error instanceof QuirkError)
      log.error(error.message, { functionName: name });
    return empty(500);
  }
  const http = result.returnValue?.http ?? result.outputData.find((output) => output.data.http)?.data.http;
  if (http === undefined || http === null) return empty(204, options.customHeaders);
  return answerOf(http, options, name);
}

async function httpData(
  options: FunctionCallOptions,
  functionName: string,
  params: Readonly<Record<string, string>>,
  request: Incoming,
): Promise<RpcHttpData> {
  const chunked = request.contentLength === undefined && request.headers['transfer-encoding'] !== undefined;
  if (chunked && !options.chunkedBodies)
    options.quirks.report(
      `function '${functionName}' does not receive a request body without a declared length (transfer-encoding: chunked): send a content-length, or set extensions.http.enableChunkedRequestBinding in host.json`,
      { functionName },
    );
  const wanted = chunked ? options.chunkedBodies : (request.contentLength ?? 0) > 0;
  const body = wanted ? await request.body() : Buffer.alloc(0);
  const nullable = (texts: Readonly<Record<string, string>>): Record<string, { value: string }> =>
    Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, { value }]));
  return {
    method: request.method,
    url: `http://${request.host}${encodePath(request.path)}${request.search}`,
    nullableHeaders: nullable(request.headers),
    nullableParams: nullable(params),
    nullableQuery: nullable(request.queryAsWritten),
    ...(body.length > 0 ? { body: { bytes: body } } : {}),
  };
}

function answerOf(http: RpcHttpData, options: FunctionCallOptions, functionName: string): Answer {
  const headers: Record<string, string | string[]> = { ...options.customHeaders, ...http.headers };
  try {
    const cookies = (http.cookies ?? []).map(setCookie);
    if (cookies.length > 0) {
      const own = headers['set-cookie'];
      headers['set-cookie'] = [...(own === undefined ? [] : [own].flat()), ...cookies];
    }
  } catch (error) {
    options.log.error(error instanceof Error ? error.message : String(error), { functionName });
    return empty(500, headers);
  }
  const bytes = http.body?.bytes;
  const body = bytes === undefined || bytes === null ? Buffer.alloc(0) : Buffer.from(bytes);
  const answer = { status: Number(http.statusCode ?? 200), headers, body };
  return http.enableContentNegotiation === true ? negotiated(answer) : answer;
}

/**
 * With content negotiation the real host passes the bytes to ASP.NET Core's formatters. Only the JSON formatter accepts
 * bytes, and writes them as base64 text. Other content types have no formatter: 406.
 */
function negotiated(answer: Answer & { body: Buffer }): Answer {
  const type = answer.headers?.['content-type'];
  if (typeof type === 'string' && !/json/i.test(type)) return empty(406, answer.headers);
  return {
    ...answer,
    headers: { ...answer.headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(answer.body.toString('base64')),
  };
}
