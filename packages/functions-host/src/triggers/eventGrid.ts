/**
 * The Event Grid webhook, `/runtime/webhooks/EventGrid?functionName=NAME` (Azure docs: functions-bindings-event-grid-trigger;
 * handshakes: event-grid end-point-validation-event-grid-events-schema and end-point-validation-cloud-events-schema).
 */
import { sameName } from '../caseInsensitive.js';
import { isJsonObject, parseJsonWithComments } from '../config/jsonWithComments.js';
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
  const kind = (request.headers['aeg-event-type'] ?? '').split(',')[0]?.toLowerCase();
  try {
    if (kind === 'subscriptionvalidation') return handshake(await parsedBody(request));
    if (kind === 'notification') return await deliver(options, fn, await parsedBody(request));
  } catch (error) {
    options.log.error(`event delivery for '${fn.name}': ${error instanceof Error ? error.message : String(error)}`);
    return empty(500);
  }
  return empty(kind === 'unsubscribe' ? 202 : 400);
}

async function parsedBody(request: EventGridRequest): Promise<unknown> {
  // The real host reads a form before the extension does, so that its body is empty then.
  const isForm = /^application\/x-www-form-urlencoded/i.test(request.headers['content-type'] ?? '');
  const body = isForm ? '' : (await request.body()).toString('utf8').replace(/^\uFEFF/, '');
  try {
    return parseJsonWithComments(body);
  } catch {
    throw new Error('the request body is not JSON');
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Answers with the code of the validation event. In a CloudEvent the data may be a JSON text. */
function handshake(body: unknown): Answer {
  const event: unknown = Array.isArray(body) ? body[0] : body;
  const data = member(event, 'data');
  const code = member(typeof data === 'string' ? (JSON.parse(data) as unknown) : data, 'validationCode');
  if (typeof code !== 'string' && typeof code !== 'number')
    throw new Error('the validation event holds no validationCode');
  return text(200, JSON.stringify({ validationResponse: String(code) }));
}

/** Delivers all events at once. If one fails, the whole delivery is a 500, so that all of them are sent again. */
async function deliver(options: EventGridOptions, fn: AppFunction, body: unknown): Promise<Answer> {
  if (typeof body !== 'object' || body === null) throw new Error('the request body is neither an object nor a list');
  const cardinality = fn.bindings[fn.triggerName]?.['cardinality'];
  const events: unknown[] = Array.isArray(body) ? body : [body];
  const batches: unknown[] = typeof cardinality === 'string' && sameName(cardinality, 'many') ? [events] : events;
  for (const event of batches)
    if (!isJsonObject(event) && batches === events) throw new Error('an event of the list is not an object');
  const ends = await Promise.allSettled(batches.map((event) => invokeFor(options.app, fn, event)));
  return ends.some((end) => end.status === 'rejected')
    ? text(500, `Exception while executing function: Functions.${fn.name}`)
    : empty(202);
}

/** Runs the function for one event; also used by POST /admin/functions/NAME for its input. */
export async function invokeFor(app: LoadedApp, fn: AppFunction, event: unknown, byAdmin = false): Promise<void> {
  const json: RpcTypedData = { json: JSON.stringify(event) };
  const data = member(event, 'data');
  const metadata: Record<string, RpcTypedData> =
    data === undefined ? {} : { data: typeof data === 'string' ? { string: data } : { json: JSON.stringify(data) } };
  await app.invoke(fn.name, {
    inputData: [{ name: fn.triggerName, data: json }],
    triggerMetadata: byAdmin ? { [fn.triggerName]: json } : metadata,
    traceContext: { traceParent: '', traceState: '', attributes: {} },
    reason: byAdmin
      ? 'This function was programmatically called via the host APIs.'
      : `EventGrid trigger fired at ${new Date().toISOString()}`,
  });
}
