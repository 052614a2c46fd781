/** Calls an HTTP function: converts the request for the worker, and the worker's result to an answer. */
import type { HostLog } from '../log/log.js';
import { QuirkError, type Quirks } from '../log/quirks.js';
import type { LoadedApp, RpcHttpData, RpcInvocationResult, RpcTypedData } from '../worker/app.js';
import { empty, type Answer } from './answer.js';
import { functionAnswer } from './functionAnswer.js';
import { BodyTooLargeError, type Incoming } from './incoming.js';
import { encodePath } from './path.js';
import type { FunctionRoute } from './routes.js';
import { callStreamed } from './streamedCall.js';

export interface FunctionCallOptions {
  readonly app: LoadedApp;
  readonly log: HostLog;
  readonly quirks: Quirks;
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
  const reports = { functionName: name, log, quirks: options.quirks };
  try {
    const data: RpcTypedData = { http: await httpData(options, name, params, request) };
    const result: RpcInvocationResult = await app.invoke(name, {
      inputData: [{ name: triggerName, data }],
      triggerMetadata: {},
      traceContext: { traceParent: '', traceState: '', attributes: {} },
    });
    // An output binding is applied after the return value.
    const http = result.outputData.find((output) => output.data.http)?.data.http ?? result.returnValue?.http;
    return http === undefined || http === null ? empty(204) : functionAnswer(http, reports);
  } catch (error) {
    if (error instanceof BodyTooLargeError || error instanceof QuirkError)
      log.error(error.message, { functionName: name });
    return empty(500);
  }
}

async function httpData(
  options: FunctionCallOptions,
  functionName: string,
  params: Readonly<Record<string, string>>,
  request: Incoming,
): Promise<RpcHttpData> {
  const chunked = request.contentLength === undefined && request.headers['transfer-encoding'] !== undefined;
  if (chunked)
    options.quirks.report(
      `function '${functionName}' does not receive a request body without a declared length (transfer-encoding: chunked): send a content-length. extensions.http.enableChunkedRequestBinding of host.json is for apps in .NET`,
      { functionName },
    );
  const body = (request.contentLength ?? 0) > 0 ? await request.body() : Buffer.alloc(0);
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
