/** The parts of the admin API that tools use: status, ping, functions, their keys, and running a function by hand. */
import { sameName } from '../caseInsensitive.js';
import path from 'node:path';

import { JsonReadError, readJson } from '../durable/json/jsonReader.js';
import { writeJson } from '../durable/json/jsonWriter.js';
import { JsonLiteral, type JsonObject, type JsonToken } from '../durable/json/tokens.js';
import type { FunctionIndex } from '../indexing.js';
import type { HostLog } from '../log/log.js';
import type { AppFunction } from '../worker/app.js';
import { empty, json, refused, type Answer } from './answer.js';
import { refusal, type KeyLevel } from './authorization.js';
import type { Incoming } from './incoming.js';
import type { HostKeys } from './keys.js';
import { isHttpFunction, routeOf, withPrefix } from './routes.js';

export interface AdminOptions {
  readonly index: FunctionIndex;
  readonly keys: HostKeys;
  readonly log: HostLog;
  readonly appDir: string;
  readonly dataDir: string;
  readonly routePrefix: string;
  readonly baseUrl: () => string;
  readonly state: () => 'Running' | 'Stopping';
  readonly extensionBundle: { id: string; version: string } | undefined;
  readonly fileOf: (name: string) => string;
  /** Runs a function with an input text; undefined if this kind of function cannot be run by hand. */
  readonly run: (fn: AppFunction, input: string | undefined) => Promise<void> | undefined;
}

const started = Date.now();

/** Answers `/admin/...`; undefined for a path that the host does not use, which may be a function's. */
export async function handleAdmin(
  options: AdminOptions,
  request: Incoming,
  key: KeyLevel,
): Promise<Answer | undefined> {
  const [, area = '', name = '', more, ...rest] = request.path.replace(/^\/|\/$/g, '').split('/');
  const { method } = request;
  const route = `${method} ${area.toLowerCase()}`;
  if (rest.length > 0) return undefined;
  if (sameName(area, 'warmup') && name === '') return empty(200);
  if (/^(GET|POST) host$/.test(route) && sameName(name, 'ping') && more === undefined)
    return empty(200, { 'cache-control': 'no-store,no-cache', pragma: 'no-cache' });

  const handler = more === undefined ? find(options, request, route, name) : findBelow(options, route, name, more);
  if (handler === undefined) return undefined;
  const no = refusal(key);
  return no === undefined ? handler() : refused(no);
}

type Handler = () => Answer | Promise<Answer>;

function find(options: AdminOptions, request: Incoming, route: string, name: string): Handler | undefined {
  if (route === 'GET host' && sameName(name, 'status')) return () => hostStatus(options);
  if (route === 'GET host' && sameName(name, 'keys'))
    return () =>
      json({
        keys: [{ name: 'default', value: options.keys.function }],
        links: [{ rel: 'self', href: `${options.baseUrl()}/admin/host/keys` }],
      });
  if (route === 'GET functions' && name === '')
    // The list has https addresses for any request: the real host builds them from the site's name.
    return () =>
      json(options.index.listed.map((fn) => describe(options, fn, options.baseUrl().replace(/^http:/, 'https:'))));
  const fn = options.index.listed.find((one) => sameName(one.name, name));
  if (route === 'GET functions')
    return () => (fn === undefined ? empty(404) : json(describe(options, fn, options.baseUrl())));
  if (route === 'POST functions' && name !== '') return () => runByHand(options, request, fn);
  return undefined;
}

function findBelow(options: AdminOptions, route: string, name: string, more: string): Handler | undefined {
  if (route !== 'GET functions' || more.toLowerCase() !== 'status') return undefined;
  const fn = options.index.listed.find((one) => sameName(one.name, name));
  if (fn === undefined) return () => empty(404);
  const error = options.index.errors.get(fn.name);
  return () => json(error === undefined ? {} : { errors: [error] });
}

function hostStatus(options: AdminOptions): Answer {
  return json({
    id: `local-${path.basename(options.appDir).toLowerCase()}`,
    state: options.state(),
    version: '4.1037.0.0',
    versionDetails: '4.1037.0',
    platformVersion: '',
    instanceId: '',
    computerName: '',
    processUptime: Date.now() - started,
    functionAppContentEditingState: 'Unknown',
    ...(options.extensionBundle === undefined ? {} : { extensionBundle: options.extensionBundle }),
  });
}

/**
 * POST: 415 without a JSON content type, 400 for an invalid body, else 202, and the function runs in the background.
 */
async function runByHand(options: AdminOptions, request: Incoming, fn: AppFunction | undefined): Promise<Answer> {
  if (!/^(application|text)\/([\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')) return empty(415);
  const found = inputOf((await request.body()).toString('utf8'));
  if (found === undefined) return empty(400);
  if (fn === undefined) return empty(404);
  const { input } = found;
  if (!options.index.errors.has(fn.name)) {
    const running = options.run(fn, input);
    if (running === undefined)
      options.log.warn(`'${fn.name}' is a ${fn.triggerType} and cannot be run by /admin/functions`, {
        functionName: fn.name,
      });
    else
      running.catch((error: unknown) =>
        options.log.debug(`run by hand failed: ${String(error)}`, { functionName: fn.name }),
      );
  }
  return empty(202);
}

/**
 * The input in the body of a run by hand, of which the host reads one value as Newtonsoft.Json does.
 * @returns undefined for an invalid body
 */
function inputOf(text: string): { readonly input: string | undefined } | undefined {
  // The host refuses a byte order mark, unlike the extensions.
  if (text.startsWith('\uFEFF')) return undefined;
  const body = readOrNothing(text);
  if (!(body instanceof Map)) return undefined;
  const given = [...(body as JsonObject)].filter(([name]) => sameName(name, 'input')).map(([, value]) => value);
  if (given.some((value) => !isText(value))) return undefined;
  const input = given.at(-1);
  return {
    input: input === undefined || input === null || typeof input === 'string' ? (input ?? undefined) : writeJson(input),
  };
}

/** Whether .NET reads a value as a text. */
function isText(value: JsonToken): boolean {
  if (value instanceof JsonLiteral) return value.text !== 'undefined';
  return value === null || typeof value !== 'object';
}

function readOrNothing(text: string): JsonToken | undefined {
  try {
    return readJson(text, { rest: 'allowed' });
  } catch (error) {
    if (error instanceof JsonReadError) return undefined;
    throw error;
  }
}

/** A function in the real host's form for tools. `base` is the scheme and host of the addresses. */
function describe(options: AdminOptions, fn: AppFunction, base: string): object {
  const file = options.fileOf(fn.name);
  return {
    name: fn.name,
    script_root_path_href: null,
    script_href: `${base}/admin/vfs${path.resolve(options.appDir, file)}`,
    config_href: null,
    test_data_href: `${base}/admin/vfs${path.join(options.dataDir, 'testdata', `${fn.name}.dat`)}`,
    href: `${base}/admin/functions/${fn.name}`,
    invoke_url_template: isHttpFunction(fn) ? `${base}/${withPrefix(options.routePrefix, routeOf(fn))}` : null,
    language: 'node',
    config: {
      name: fn.name,
      entryPoint: '',
      scriptFile: path.basename(file),
      language: 'node',
      functionDirectory: path.dirname(path.resolve(options.appDir, file)),
      bindings: Object.entries(fn.bindings).map(([name, binding]) => ({ ...binding, name })),
    },
    files: null,
    test_data: '',
    isDisabled: options.index.isDisabled(fn),
    isDirect: false,
    isProxy: false,
  };
}
