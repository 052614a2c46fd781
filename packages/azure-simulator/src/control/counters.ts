import type { Principal } from '../access/identities.js';
import type { Route } from '../http/route.js';

/** Requests of one sender to one service. */
export interface ServiceCount {
  total: number;
  /** ARM's kinds; other services count under `calls`. */
  kinds: Partial<Record<'read' | 'write' | 'delete' | 'action' | 'poll' | 'calls', number>>;
  operations: Record<string, number>;
  /** Writes that were answered with an operation to poll. Their clients read the resource once more at its end. */
  asynchronous: number;
}

/** Counts requests by sender, service and operation, since the start or the last reset. */
export class Counters {
  #total = 0;
  #senders = new Map<string, Map<string, ServiceCount>>();

  count(route: Route, sender: Principal): void {
    this.#total += 1;
    const service = this.#of(route, sender);
    const kind = route.service === 'arm' ? kindOf(route) : 'calls';
    service.total += 1;
    service.kinds[kind] = (service.kinds[kind] ?? 0) + 1;
    service.operations[route.operation] = (service.operations[route.operation] ?? 0) + 1;
  }

  /** Records that a counted request has an operation to poll. */
  countAsynchronous(route: Route, sender: Principal): void {
    this.#of(route, sender).asynchronous += 1;
  }

  #of(route: Route, sender: Principal): ServiceCount {
    let services = this.#senders.get(sender.name);
    if (!services) this.#senders.set(sender.name, (services = new Map()));
    let service = services.get(route.service);
    if (!service) services.set(route.service, (service = { total: 0, kinds: {}, operations: {}, asynchronous: 0 }));
    return service;
  }

  reset(): void {
    this.#total = 0;
    this.#senders = new Map();
  }

  /** `{total, principals: {operator: {arm: {total, kinds: {read, write, ...}, operations: {NAME: n}, asynchronous}, vault: ...}}}` */
  report(): unknown {
    const principals: Record<string, Record<string, ServiceCount>> = {};
    for (const [name, services] of this.#senders) principals[name] = Object.fromEntries(services);
    return { total: this.#total, principals };
  }
}

/**
 * The kind of a request. Polls of asynchronous operations are reads too, but are counted separately, because budgets do
 * not plan for them.
 */
export function kindOf(route: Pick<Route, 'method' | 'operation'>): 'read' | 'write' | 'delete' | 'action' | 'poll' {
  if (route.method === 'GET') return /operationStatuses|operationResults/i.test(route.operation) ? 'poll' : 'read';
  if (route.method === 'DELETE') return 'delete';
  return route.method === 'POST' ? 'action' : 'write';
}
