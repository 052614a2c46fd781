import type { Principal } from '../access/identities.js';
import type { Route } from '../http/route.js';

/** ARM's kinds; other services count under `calls`. */
type Kind = 'read' | 'write' | 'delete' | 'action' | 'poll' | 'calls';

/** How a request was answered: below 400, with 429, with another 4xx, or with 5xx or not at all. */
type Outcome = 'succeeded' | 'throttled' | 'refused' | 'failed';

/** Requests of one sender to one service. */
export interface ServiceCount {
  total: number;
  kinds: Partial<Record<Kind, number>>;
  /** How the requests of each kind were answered. A request that is in progress is in `kinds` only. */
  outcomes: Partial<Record<Kind, Partial<Record<Outcome, number>>>>;
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
    const kind = countedAs(route);
    service.total += 1;
    service.kinds[kind] = (service.kinds[kind] ?? 0) + 1;
    service.operations[route.operation] = (service.operations[route.operation] ?? 0) + 1;
  }

  /** Records the answer to a request, which was counted before. */
  countOutcome(route: Route, sender: Principal, status: number | 'drop'): void {
    const { outcomes } = this.#of(route, sender);
    const ofKind = (outcomes[countedAs(route)] ??= {});
    const outcome = outcomeOf(status);
    ofKind[outcome] = (ofKind[outcome] ?? 0) + 1;
  }

  /** Records that a request, which was counted before, has an operation to poll. */
  countAsynchronous(route: Route, sender: Principal): void {
    this.#of(route, sender).asynchronous += 1;
  }

  #of(route: Route, sender: Principal): ServiceCount {
    let services = this.#senders.get(sender.name);
    if (!services) this.#senders.set(sender.name, (services = new Map()));
    let service = services.get(route.service);
    if (!service) {
      service = { total: 0, kinds: {}, outcomes: {}, operations: {}, asynchronous: 0 };
      services.set(route.service, service);
    }
    return service;
  }

  reset(): void {
    this.#total = 0;
    this.#senders = new Map();
  }

  /**
   * `{total, principals: {operator: {arm: {total, kinds: {read, write, ...}, outcomes: {read: {succeeded, throttled,
   * refused, failed}, ...}, operations: {NAME: n}, asynchronous}, vault: ..., entra: ...}}}`
   */
  report(): unknown {
    const principals: Record<string, Record<string, ServiceCount>> = {};
    for (const [name, services] of this.#senders) principals[name] = Object.fromEntries(services);
    return { total: this.#total, principals };
  }
}

function countedAs(route: Route): Kind {
  return route.service === 'arm' ? kindOf(route) : 'calls';
}

function outcomeOf(status: number | 'drop'): Outcome {
  if (status === 'drop' || status >= 500) return 'failed';
  if (status === 429) return 'throttled';
  return status >= 400 ? 'refused' : 'succeeded';
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
