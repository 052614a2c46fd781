import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isGuid } from '../../../serviceErrors/serviceFacts.js';
import { invalidRequest } from '../answers/problem.js';

/*
 * With HTTP streams, an invocation and its request arrive on different channels, and a header of the host pairs them.
 * The host does not overwrite that header if the caller sent it (azure-functions-host, DefaultHttpProxyService). The
 * invocation of such a request would wait for ever, until the function timeout restarts the worker. This module detects
 * these requests, pairs them by the caller's header, and refuses them.
 */

const HEADER = 'x-ms-invocation-id';

/** Milliseconds that an invocation waits for its request. The host sends both at once, but a busy machine is slow. */
const MAX_WAIT = 30_000;
/** Maximum remembered invocations whose request did not arrive, to answer a late request. */
const MAX_ABANDONED = 1_000;

/** The used parts of the SDK's programming model. Source: azure-functions-nodejs-worker, types-core. */
export interface ProgrammingModel {
  getCapabilities(given: Record<string, string>): Promise<Record<string, string>>;
  getInvocationModel(context: CoreContext): InvocationModel;
}

interface CoreContext {
  readonly invocationId: string;
  readonly request: { readonly triggerMetadata?: Readonly<Record<string, Readonly<{ json?: unknown }>>> | null };
}

/** The SDK's handling of one invocation. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: unknown): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ invocationId?: string }>;
}

/** Watches the requests of the SDK's server, and replaces the invocations whose callers sent the header. */
export function pairRequests(model: ProgrammingModel): void {
  const arrived = new Arrivals();
  const getCapabilities = model.getCapabilities.bind(model);
  const getInvocationModel = model.getInvocationModel.bind(model);
  model.getCapabilities = async (given) => {
    const capabilities = await getCapabilities(given);
    const address = capabilities['HttpUri'];
    if (address !== undefined) arrived.watch(Number(new URL(address).port));
    return capabilities;
  };
  model.getInvocationModel = (context) => {
    const sent = callersId(context);
    return sent === undefined
      ? withTimeout(getInvocationModel(context), () => arrived.abandon(context.invocationId))
      : refusing(context, sent, arrived, getInvocationModel);
  };
}

/**
 * Limits how long an invocation waits for its request. The host accepts some headers that its own HTTP client refuses,
 * such as letters outside ASCII. Such a request never arrives, and its invocation would wait until the function timeout
 * restarts the worker.
 */
function withTimeout(model: InvocationModel, abandon: () => void): InvocationModel {
  const getArguments = model.getArguments.bind(model);
  model.getArguments = async () => {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        abandon();
        reject(new Error('the request of this invocation did not arrive'));
      }, MAX_WAIT);
    });
    try {
      return await Promise.race([getArguments(), tooLong]);
    } finally {
      clearTimeout(timer);
    }
  };
  return model;
}

/** The caller's value of the header; undefined if the host set it. */
function callersId({ request, invocationId }: CoreContext): string | undefined {
  const text = request.triggerMetadata?.['Headers']?.json;
  if (typeof text !== 'string' || !text.toLowerCase().includes(HEADER)) return undefined;
  const headers: unknown = JSON.parse(text);
  if (typeof headers !== 'object' || headers === null) return undefined;
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === HEADER)?.[1];
  return found === undefined || found === invocationId ? undefined : String(found);
}

/** An invocation that takes the request from the SDK and refuses it without calling the function. */
function refusing(
  context: CoreContext,
  id: string,
  arrived: Arrivals,
  modelOf: ProgrammingModel['getInvocationModel'],
): InvocationModel {
  let inner: InvocationModel | undefined;
  return {
    getArguments: async () => {
      inner = modelOf(Object.create(context, { invocationId: { value: await arrived.take(id) } }));
      return inner.getArguments();
    },
    invokeFunction: async () =>
      invalidRequest([{ field: HEADER, message: 'is reserved for the Functions host', fix: 'Omit it.' }]),
    getResponse: async (given, result) => ({
      ...(await inner?.getResponse(given, result)),
      invocationId: context.invocationId,
    }),
  };
}

/** Requests at the SDK's server that no invocation has taken, by the value of their header. */
class Arrivals {
  readonly #waiting = new Map<string, string[]>();
  readonly #takers = new Map<string, ((id: string) => void)[]>();
  readonly #open = new Set<string>();
  readonly #abandoned = new Set<string>();

  /** Watches the SDK's server. @param port its port, since a process may have other servers */
  watch(port: number): void {
    subscribe('http.server.request.start', (message) => {
      // The channel's documented message. Source: nodejs.org, diagnostics_channel, "HTTP".
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      if (request.socket.localPort !== port) return;
      // The server listens on all addresses, but only the local host may use it.
      if (!isLoopback(request.socket.remoteAddress)) request.socket.destroy();
      else this.#arrive(request, response);
    });
  }

  /** Remembers that no function will answer this invocation, so that a late request gets a 503. */
  abandon(invocationId: string): void {
    const [oldest] = this.#abandoned;
    if (oldest !== undefined && this.#abandoned.size >= MAX_ABANDONED) this.#abandoned.delete(oldest);
    this.#abandoned.add(invocationId);
  }

  /** Waits for the next request with this header, or with any that is no GUID. @returns its id in the SDK */
  take(text: string): Promise<string> {
    const header = pairOf(text);
    const id = this.#waiting.get(header)?.shift();
    if (id !== undefined) return Promise.resolve(id);
    return new Promise((resolve, reject) => {
      const takers = this.#takers.get(header) ?? [];
      const taker = (found: string) => {
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        removeFrom(this.#takers, header, taker);
        reject(new Error(`no request arrived for an invocation whose caller sent ${HEADER}`));
      }, MAX_WAIT);
      this.#takers.set(header, [...takers, taker]);
    });
  }

  /**
   * Gives each request a unique id before the SDK reads it. Two requests may have the same header, and the SDK uses it
   * as the name of an event: `error` would end the process, and an empty name is never waited for. The host's own id is
   * a GUID.
   */
  #arrive(request: IncomingMessage, response: ServerResponse): void {
    const header = request.headers[HEADER];
    if (typeof header !== 'string') return;
    if (this.#abandoned.delete(header)) return void response.writeHead(503, { 'retry-after': '1' }).end();
    const pair = pairOf(header);
    const id = pair === header && !this.#open.has(header) ? header : randomUUID();
    request.headers[HEADER] = id;
    this.#open.add(id);
    response.once('close', () => {
      this.#open.delete(id);
      removeFrom(this.#waiting, pair, id);
    });
    const [taker] = this.#takers.get(pair) ?? [];
    if (taker) {
      removeFrom(this.#takers, pair, taker);
      taker(id);
    } else this.#waiting.set(pair, [...(this.#waiting.get(pair) ?? []), id]);
  }
}

/** Replaces every header that is no GUID. */
const NO_GUID = 'no GUID';

/**
 * The value that pairs a request and its invocation. The host and Node join a repeated header differently, so only a
 * GUID is sure to be equal in both. All other requests get the same answer, whichever is taken.
 */
function pairOf(header: string): string {
  return isGuid(header) ? header : NO_GUID;
}

function removeFrom<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const left = (lists.get(key) ?? []).filter((other) => other !== item);
  if (left.length > 0) lists.set(key, left);
  else lists.delete(key);
}

function isLoopback(address: string | undefined): boolean {
  return address === undefined || /^(?:::1$|(?:::ffff:)?127\.)/.test(address);
}
