import { isNoSpace } from '@connected-registry/clock/files/appendedFile';
import { ANONYMOUS, type Principal } from './access/identities.js';
import type { Counters } from './control/counters.js';
import type { Faults } from './control/faults.js';
import { RefusedRequest, type ApiReply, type ApiRequest } from './http/message.js';
import type { Call, Route, ServiceName } from './http/route.js';
import { Router } from './http/router.js';
import type { Plane } from './plane.js';

/**
 * Identifies the sender of a request, or refuses it. Each service has its own; the other steps are the same for all.
 */
export type Identify = (request: ApiRequest) => Promise<Principal | ApiReply> | Principal | ApiReply;

/** Refuses a request if its sender has used up its share. */
export type Throttle = (call: Call, route: Route) => { refusal: ApiReply } | { headers: Record<string, string> };

export interface PipelineParts {
  routes: readonly Route[];
  identify: Partial<Record<ServiceName, Identify>>;
  throttle: Throttle;
  counters: Counters;
  faults: Faults;
  /** The answer to an unknown path or method. */
  unknown(request: ApiRequest, reason: 'path' | 'method'): ApiReply;
}

/**
 * The steps of every request, in this order: route, sender, count, throttle, injected fault before the effect, the
 * service itself, its changes on disk, injected fault after the effect.
 */
export function makePipeline(plane: Plane, parts: PipelineParts): (request: ApiRequest) => Promise<ApiReply | 'drop'> {
  const router = new Router<Route>();
  for (const route of parts.routes) router.add(route.method, route.path, route);

  const run = async (request: ApiRequest): Promise<ApiReply | 'drop'> => {
    const match = router.find(request.method, request.path);
    if (typeof match === 'string') return parts.unknown(request, match);
    const route = match.value;
    const routed = { ...request, params: match.params };
    if (route.service === 'control') {
      const done = await route.handle({ ...routed, principal: ANONYMOUS });
      plane.commit();
      return done;
    }

    const sender = (await parts.identify[route.service]?.(routed)) ?? ANONYMOUS;
    if ('status' in sender) {
      parts.counters.count(route, ANONYMOUS);
      parts.counters.countOutcome(route, ANONYMOUS, sender.status);
      return sender;
    }
    const call: Call = { ...routed, principal: sender };
    parts.counters.count(route, sender);
    let reply: ApiReply | 'drop' = FAILED;
    try {
      reply = await served(call, route);
    } finally {
      parts.counters.countOutcome(route, sender, reply === 'drop' ? reply : reply.status);
    }
    return reply;
  };

  const served = async (call: Call, route: Route): Promise<ApiReply | 'drop'> => {
    const { principal: sender } = call;
    const verdict = parts.throttle(call, route);
    if ('refusal' in verdict) return verdict.refusal;

    const fault = parts.faults.take(route, sender);
    if (fault) plane.log('fault', { operation: route.operation, principal: sender.name, when: fault.when });
    if (fault) await fault.delay();
    if (fault?.when === 'before') return fault.outcome;
    const reply = await answer(() => route.handle(call));
    plane.commit();
    if (fault?.when === 'after') return fault.outcome;
    if (reply.headers?.['azure-asyncoperation'] !== undefined) parts.counters.countAsynchronous(route, sender);
    return { ...reply, headers: { ...verdict.headers, ...reply.headers } };
  };

  return async (request) => {
    const started = performance.now();
    let reply: ApiReply | 'drop';
    try {
      reply = await answer(() => run(request));
    } catch (error) {
      plane.log('error', { path: loggable(request), message: error instanceof Error ? error.message : String(error) });
      reply = isNoSpace(error) ? full(error) : FAILED;
    }
    plane.log('request', {
      method: request.method,
      path: loggable(request),
      status: reply === 'drop' ? 'dropped' : reply.status,
      milliseconds: Math.round(performance.now() - started),
    });
    return reply;
  };
}

const FAILED: ApiReply = {
  status: 500,
  body: { error: { code: 'InternalServerError', message: 'The simulator failed.' } },
};

/** While changes are not on disk this is the only answer, because a client must not read changes that may be lost. */
function full(error: unknown): ApiReply {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The disk is full: ${reason}. Free space, then send the request again. Its changes may be in effect.`;
  return { status: 507, body: { error: { code: 'InsufficientStorage', message } } };
}

async function answer<T extends ApiReply | 'drop'>(work: () => T | Promise<T>): Promise<T | ApiReply> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RefusedRequest) return error.reply;
    throw error;
  }
}

/** Queries are omitted, because they may contain validation codes. */
function loggable(request: ApiRequest): string {
  return request.path;
}
