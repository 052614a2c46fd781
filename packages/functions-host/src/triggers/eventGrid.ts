/**
 * The Event Grid webhook, `/runtime/webhooks/EventGrid?functionName=NAME` (Azure docs:
 * functions-bindings-event-grid-trigger; handshakes: event-grid end-point-validation-event-grid-events-schema and
 * end-point-validation-cloud-events-schema).
 */
import { sameName } from '../caseInsensitive.js';
import { withDates } from '../durable/json/dates.js';
import { readJson } from '../durable/json/jsonReader.js';
import { JsonLiteral, type JsonObject, type JsonToken } from '../durable/json/tokens.js';
import { writeJson } from '../durable/json/jsonWriter.js';
import { empty, type Answer } from '../http/answer.js';
import type { HostLog } from '../log/log.js';
import type { AppFunction, LoadedApp, RpcTypedData } from '../worker/app.js';

export interface EventGridOptions {
  readonly app: LoadedApp;
  /** Event Grid functions by their exact name; unlike elsewhere, case matters. */
  readonly functions: ReadonlyMap<string, AppFunction>;
  readonly log: HostLog;
}

export interface EventGridRequest {
  readonly method: string;
  readonly functionName: string;
  readonly headers: Readonly<Record<string, string>>;
  body(): Promise<Buffer>;
}

export function isEventGridFunction(fn: AppFunction): boolean {
  return sameName(fn.triggerType, 'eventgridtrigger');
}

const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

/** Answers a delivery or a handshake. The key has already been checked. */
export async function handleEventGrid(options: EventGridOptions, request: EventGridRequest): Promise<Answer> {
  const fn = options.functions.get(request.functionName);
  if (fn === undefined) {
    options.log.info(`cannot find function: '${request.functionName}'`);
    return text(404, `cannot find function: '${request.functionName}'`);
  }
  if (request.method === 'OPTIONS') {
    return empty(200, { 'webhook-allowed-origin': 'eventgrid.azure.net' });
  }
  const kind = (request.headers['aeg-event-type'] ?? '').toLowerCase();
  try {
    if (kind === 'subscriptionvalidation') return handshake(await parsedBody(request));
    if (kind === 'notification') return await deliver(options, fn, await parsedBody(request));
  } catch (error) {
    options.log.error(`event delivery for '${fn.name}': ${error instanceof Error ? error.message : String(error)}`);
    return empty(500);
  }
  return empty(kind === 'unsubscribe' ? 202 : 400);
}

async function parsedBody(request: EventGridRequest): Promise<JsonToken> {
  // The real host reads a form before the extension does, so that its body is empty then.
  const isForm = /^application\/x-www-form-urlencoded/i.test(request.headers['content-type'] ?? '');
  const body = isForm ? '' : (await request.body()).toString('utf8');
  if (/^\uFEFF?\s*\/[/*]/.test(body)) throw new Error('the request body begins with a comment');
  return readJson(body);
}

const member = (value: JsonToken | undefined, name: string): JsonToken | undefined =>
  value instanceof Map ? (value as JsonObject).get(name) : undefined;

/** Answers with the code of the validation event. */
function handshake(body: JsonToken): Answer {
  const event = Array.isArray(body) ? (body as readonly JsonToken[])[0] : body;
  const data = member(event, 'data');
  // A CloudEvent comes alone, and its data may be a JSON text.
  const code = member(typeof data === 'string' && event === body ? readJson(data) : data, 'validationCode');
  if (code === undefined) throw new Error('the validation event holds no validationCode');
  const shown = typeof code === 'string' ? code : code instanceof JsonLiteral ? code.text : '';
  return text(200, `{"validationResponse":"${escaped(shown)}"}`);
}

/** As System.Text.Json writes a text: all but harmless ASCII is escaped. */
const escaped = (text: string): string =>
  text.replace(/[^ !#-%(-*,-;=?-[\]-_a-~]/g, (one) =>
    one === '\\' ? '\\\\' : `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );

/** Delivers all events at once. If one fails, the whole delivery is a 500, so that all of them are sent again. */
async function deliver(options: EventGridOptions, fn: AppFunction, body: JsonToken): Promise<Answer> {
  const isList = Array.isArray(body);
  if (!isList && !(body instanceof Map)) throw new Error('the request body is neither an object nor a list');
  const cardinality = fn.bindings[fn.triggerName]?.['cardinality'];
  const events: readonly JsonToken[] = isList ? (body as readonly JsonToken[]) : [body];
  const isMany = typeof cardinality === 'string' && sameName(cardinality, 'many');
  if (!isMany && events.some((event) => !(event instanceof Map)))
    throw new Error('an event of the list is not an object');
  const batches: readonly JsonToken[] = isMany ? [events] : events;
  const ends = await Promise.allSettled(batches.map((event) => invokeFor(options.app, fn, withDates(event))));
  return ends.some((end) => end.status === 'rejected')
    ? text(500, `Exception while executing function: Functions.${fn.name}`)
    : empty(202);
}

/** Runs the function for one event or for all of a list; also used by POST /admin/functions/NAME for its input. */
export async function invokeFor(app: LoadedApp, fn: AppFunction, event: JsonToken, byAdmin = false): Promise<void> {
  const json: RpcTypedData = { json: writeJson(event) };
  const data = Array.isArray(event)
    ? (event as readonly JsonToken[]).map((one) => member(one, 'data') ?? null)
    : member(event, 'data');
  const metadata: Record<string, RpcTypedData> = data === undefined ? {} : { data: { json: writeJson(data) } };
  await app.invoke(fn.name, {
    inputData: [{ name: fn.triggerName, data: json }],
    triggerMetadata: byAdmin ? { [fn.triggerName]: json } : metadata,
    traceContext: { traceParent: '', traceState: '', attributes: {} },
    reason: byAdmin
      ? 'This function was programmatically called via the host APIs.'
      : `EventGrid trigger fired at ${new Date().toISOString()}`,
  });
}
