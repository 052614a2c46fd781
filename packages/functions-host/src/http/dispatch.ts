/** Routes a request to the home page, the admin API, webhooks of extensions, or an HTTP function. */
import type { DurableExtension, WebAnswer } from '../extension.js';
import type { FunctionIndex } from '../indexing.js';
import type { HostLog } from '../log/log.js';
import { handleEventGrid, type EventGridOptions } from '../triggers/eventGrid.js';
import { handleAdmin, type AdminOptions } from './admin.js';
import { empty, refused, type Answer } from './answer.js';
import { keyLevel, opensFunction, refusal, type KeyLevel } from './authorization.js';
import type { Cors } from './cors.js';
import { callFunction, type FunctionCallOptions } from './functionCall.js';
import { BodyTooLargeError, type Incoming } from './incoming.js';
import type { HostKeys } from './keys.js';
import { findRoute, type FunctionRoute } from './routes.js';

export interface DispatchOptions {
  readonly keys: HostKeys;
  readonly routes: readonly FunctionRoute[];
  readonly index: FunctionIndex;
  readonly calls: FunctionCallOptions;
  readonly admin: AdminOptions;
  readonly eventGrid: EventGridOptions;
  readonly durable: DurableExtension | undefined;
  readonly cors: Cors;
  /** host.json's extensions.http.customHeaders, added to every answer. */
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly log: HostLog;
}

export async function dispatch(options: DispatchOptions, request: Incoming): Promise<Answer> {
  const preflight = options.cors.preflight(request);
  if (preflight !== undefined) return preflight;
  const answer = withAdded(await answerTo(options, request), options.customHeaders);
  const cors = options.cors.headers(request);
  return Object.keys(cors).length === 0 ? answer : { ...answer, headers: { ...answer.headers, ...cors } };
}

/** Adds headers that an answer does not have. */
function withAdded(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  const own = new Set(Object.keys(answer.headers ?? {}).map((name) => name.toLowerCase()));
  const added = Object.entries(headers).filter(([name]) => !own.has(name.toLowerCase()));
  return added.length === 0 ? answer : { ...answer, headers: { ...Object.fromEntries(added), ...answer.headers } };
}

async function answerTo(options: DispatchOptions, request: Incoming): Promise<Answer> {
  const key = keyLevel(options.keys, request.headers, request.query);
  if (/^\/admin(\/|$)/i.test(request.path)) {
    const answer = await handleAdmin(options.admin, request, key);
    if (answer !== undefined) return answer;
  }
  const webhook = /^\/runtime\/webhooks\/([^/]+)(\/|$)/i.exec(request.path)?.[1]?.toLowerCase();
  if (webhook !== undefined) return handleWebhook(options, request, key, webhook);

  const found = findRoute(options.routes, request.method, request.path);
  if (found === undefined) return request.path === '/' ? homePage : empty(404);
  const { route, params } = found;
  if (!opensFunction(key, route.authLevel)) return empty(401);
  if (options.index.isDisabled(route.fn) && key.level !== 'admin') return empty(404);
  return callFunction(options.calls, route, params, request);
}

const webhookMethods = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS']);

async function handleWebhook(
  options: DispatchOptions,
  request: Incoming,
  key: KeyLevel,
  extension: string,
): Promise<Answer> {
  if (!webhookMethods.has(request.method)) return empty(404);
  const no = refusal(key, extension);
  if (no !== undefined) return refused(no);
  try {
    if (extension === 'eventgrid')
      return await handleEventGrid(options.eventGrid, {
        method: request.method,
        functionName: request.query.get('functionname') ?? '',
        headers: request.headers,
        body: () => request.body(),
      });
    if (extension === 'durabletask' && options.durable !== undefined)
      return await durableAnswer(options.durable, request, `http://${request.host}`, false);
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    options.log.error(error.message);
    return empty(500);
  }
  return empty(404);
}

/** Passes a request to the durable extension. */
export async function durableAnswer(
  durable: DurableExtension,
  request: Incoming,
  origin: string,
  viaRpc: boolean,
): Promise<Answer> {
  const answer: WebAnswer = await durable.handleHttp({
    method: request.method,
    url: new URL(`${origin}${request.rawPath}${request.search}`),
    headers: request.headers,
    body: await request.body(),
    viaRpc,
  });
  return answer;
}

const page = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your Azure Function App is up and running.</title></head>
<body><h1>Your Functions app is up and running</h1><p>It is served by the local Functions host.</p></body>
</html>
`;

/** The page at `/`, unless a function answers there, which shows that the host is running. */
const homePage: Answer = { status: 200, headers: { 'content-type': 'text/html' }, body: page };
