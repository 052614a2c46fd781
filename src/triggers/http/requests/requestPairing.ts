import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isGuid } from '../../../serviceErrors/serviceFacts.js';
import { invalidRequest } from '../answers/problem.js';

/*
 * With HTTP streams an invocation comes on one way, and its request on another, and a header of the host's pairs them. The
 * host leaves that header alone where the caller has sent one (azure-functions-host, DefaultHttpProxyService), so that a
 * caller who does would have an invocation wait for ever, and in the end the worker restarted by the function timeout. Here
 * such a request is found, paired by what the caller wrote, and refused.
 */

const HEADER = 'x-ms-invocation-id';

/** How long an invocation waits for its request, in milliseconds. The host sends both at once; a starved machine is slow. */
const LONGEST_WAIT = 30_000;
/** So many invocations that were given up are remembered, for a request that comes all the same. */
const MAX_GIVEN_UP = 1_000;

/** The parts of the SDK's model that are used here. Source: azure-functions-nodejs-worker, types-core. */
export interface ProgrammingModel {
  getCapabilities(given: Record<string, string>): Promise<Record<string, string>>;
  getInvocationModel(context: CoreContext): InvocationModel;
}

export interface CoreContext {
  readonly invocationId: string;
  readonly request: { readonly triggerMetadata?: Readonly<Record<string, Readonly<{ json?: unknown }>>> | null };
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: unknown): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ invocationId?: string }>;
}

/** Watches the requests of the SDK's own server, and takes over the invocations whose callers sent the header. */
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
    const own = callersId(context);
    return own === undefined
      ? awaited(getInvocationModel(context), () => arrived.giveUp(context.invocationId))
      : refused(context, own, arrived, getInvocationModel);
  };
}

/**
 * An invocation that ends when its request does not come: the host fails to hand on one whose headers it takes and its HTTP
 * client does not, such as letters outside ASCII, and its invocation would wait until the function timeout restarts the worker.
 */
function awaited(model: InvocationModel, giveUp: () => void): InvocationModel {
  const getArguments = model.getArguments.bind(model);
  model.getArguments = async () => {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        giveUp();
        reject(new Error('the request of this invocation did not come'));
      }, LONGEST_WAIT);
    });
    try {
      return await Promise.race([getArguments(), tooLong]);
    } finally {
      clearTimeout(timer);
    }
  };
  return model;
}

/** What the caller has written into the header; undefined where it was left to the host. */
function callersId({ request, invocationId }: CoreContext): string | undefined {
  const text = request.triggerMetadata?.['Headers']?.json;
  if (typeof text !== 'string' || !text.toLowerCase().includes(HEADER)) return undefined;
  const headers: unknown = JSON.parse(text);
  if (typeof headers !== 'object' || headers === null) return undefined;
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === HEADER)?.[1];
  return found === undefined || found === invocationId ? undefined : String(found);
}

/** The invocation of such a request: it takes the request from the SDK, and answers it without calling the function. */
function refused(
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
      invalidRequest([{ field: HEADER, message: "is the host's own header", fix: 'Leave it out.' }]),
    getResponse: async (given, result) => ({
      ...(await inner?.getResponse(given, result)),
      invocationId: context.invocationId,
    }),
  };
}

/** Requests at the SDK's server that no invocation has taken, by the header that they came with. */
class Arrivals {
  readonly #waiting = new Map<string, string[]>();
  readonly #takers = new Map<string, ((id: string) => void)[]>();
  readonly #open = new Set<string>();
  readonly #givenUp = new Set<string>();

  /** @param port of the SDK's server; a process may have other servers. */
  watch(port: number): void {
    subscribe('http.server.request.start', (message) => {
      // The channel's documented message. Source: nodejs.org, diagnostics_channel, "HTTP".
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      if (request.socket.localPort !== port) return;
      // The server listens on every address, but only the host next to it has business there.
      if (!isLoopback(request.socket.remoteAddress)) request.socket.destroy();
      else this.#arrive(request, response);
    });
  }

  /** Has a request that comes for this invocation after all answered, which no function does any more. */
  giveUp(invocationId: string): void {
    const [oldest] = this.#givenUp;
    if (oldest !== undefined && this.#givenUp.size >= MAX_GIVEN_UP) this.#givenUp.delete(oldest);
    this.#givenUp.add(invocationId);
  }

  /** The id under which the SDK holds the next request that came with this header, or with another that is no GUID. */
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
        reject(new Error(`no request came for an invocation whose caller sent ${HEADER}`));
      }, LONGEST_WAIT);
      this.#takers.set(header, [...takers, taker]);
    });
  }

  /**
   * Each request gets an id of its own before the SDK reads it: two may come with one header, and the SDK makes an event's
   * name of it, of which `error` ends the process and the empty one is never waited for. The host's own is a GUID.
   */
  #arrive(request: IncomingMessage, response: ServerResponse): void {
    const header = request.headers[HEADER];
    if (typeof header !== 'string') return;
    if (this.#givenUp.delete(header)) return void response.writeHead(503, { 'retry-after': '1' }).end();
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

/** Stands for every header that is no GUID. */
const NO_GUID = 'no GUID';

/**
 * What a request and its invocation are paired by. The host and Node join a header that was sent twice in two ways, so that
 * only a GUID is sure to be the same text in both; the rest are answered alike, whichever of them is taken.
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
