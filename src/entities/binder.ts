import {
  addUnbinding,
  addForcedUnbinding,
  addRequest,
  endRequest,
  findRequest,
  hasUnbinding,
  markBound,
  planList,
  prune,
  refuse,
  reopen,
  type BinderOperation,
  type BinderRequest,
  type BinderState,
  type BindingRequest,
} from '../domain/binding/bindingRequests.js';
import { announce, endGathering, gather, GATHERING_SECONDS } from '../domain/binding/announcements.js';
import type { EntityCall } from '../domain/operations/entityCall.js';
import { done, failed, retryLater, type StepOutcome } from '../domain/operations/stepOutcome.js';
import { outcomeOf } from '../serviceErrors/outcomeOf.js';
import type { RegistryControlPlane } from '../ports/registryControlPlane.js';
import { ServiceError } from '../serviceErrors/serviceError.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Maximum reads and writes of the list in one operation, before the orchestration must retry. */
const MAX_ROUNDS = 4;

const WAITS_FOR_OTHERS = 'other clients are about to be bound by the same write of the client list';

/** The new state and the outcome of an operation. */
interface BinderAnswer {
  readonly state: BinderState;
  readonly outcome: StepOutcome<{ readonly bound: boolean }>;
}

/**
 * The only writer of a connected registry's client list. ARM replaces the list as a whole and offers no ETag, so two
 * writers would lose each other's entries; a durable entity runs its operations one after another. `announce`,
 * `request`, `unbind` and `forceUnbind` only record a request. `ensure` and `ensureUnbound` read, write and read back
 * the list for all recorded requests, so that runs which wait at the same time share one write. `ensure` lets announced
 * runs come first, for a bounded time.
 * @param cap clients that one connected registry may have
 */
export function createBinder(controlPlane: RegistryControlPlane, cap: number) {
  return async (
    { operation, request }: EntityCall<Record<BinderOperation, BinderRequest>>,
    stored: BinderState,
    now: Date,
  ): Promise<BinderAnswer> => {
    const state = prune(stored, now);
    switch (operation) {
      case 'announce':
        return {
          state: findRequest(state, request) ? state : announce(state, request, now),
          outcome: done({ bound: false }),
        };
      case 'request':
        return { state: addRequest(state, request), outcome: done({ bound: false }) };
      case 'complete':
        return { state: endRequest(state, request), outcome: done({ bound: true }) };
      case 'unbind':
        return { state: addUnbinding(state, request), outcome: done({ bound: false }) };
      case 'forceUnbind':
        return { state: addForcedUnbinding(state, request), outcome: done({ bound: false }) };
      case 'ensure':
        return ensure(addRequest(state, request), request, now);
      case 'ensureAgain':
        return ensure(reopen(addRequest(state, request), request), request);
      case 'ensureUnbound':
        return ensureUnbound(state, request);
    }
  };

  /** @param now when given, the write waits for announced runs */
  async function ensure(start: BinderState, request: BinderRequest, now?: Date): Promise<BinderAnswer> {
    if (findRequest(start, request)?.state === 'bound') return { state: start, outcome: done({ bound: true }) };
    const gathering = now && gather(start, now);
    if (gathering) return { state: gathering, outcome: retryLater(WAITS_FOR_OTHERS, GATHERING_SECONDS) };
    const state = endGathering(start);
    const work = await reconcile(state, request);
    const bindingRequest = findRequest(work.state, request);
    if (bindingRequest?.state === 'bound') return { state: work.state, outcome: done({ bound: true }) };
    if (bindingRequest?.state === 'refused')
      return {
        state: endRequest(work.state, request),
        outcome: failed('bind-refused', bindingRequest.reason ?? 'refused'),
      };
    if (work.full)
      return {
        state: endRequest(work.state, request),
        outcome: failed(
          'too-many-clients',
          `connected registry ${request.connectedRegistry} already has the maximum of ${cap} clients`,
        ),
      };
    const outcome =
      work.outcome.kind === 'done' ? retryLater('the client list was written and is not confirmed yet') : work.outcome;
    return { state: work.state, outcome };
  }

  async function ensureUnbound(state: BinderState, request: BinderRequest): Promise<BinderAnswer> {
    if (!hasUnbinding(state, request)) return { state, outcome: done({ bound: false }) };
    const work = await reconcile(state, request);
    return hasUnbinding(work.state, request)
      ? { state: work.state, outcome: work.outcome }
      : { state: work.state, outcome: done({ bound: false }) };
  }

  /** Reads, writes and reads back the list until it fulfils all recorded requests. */
  async function reconcile(start: BinderState, request: BinderRequest) {
    let state = start;
    let full = false;
    const outcome = await outcomeOf(async () => {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const found = await controlPlane.getConnectedRegistry(request.registry, request.connectedRegistry);
        if (!found)
          return failed(
            'connected-registry-not-found',
            `connected registry ${request.connectedRegistry} does not exist`,
          );
        const plan = planList(state, found.clientTokens, cap);
        full = plan.overCap.some((bindingRequest) => sameName(bindingRequest.token, request.token));
        if (plan.isComplete) {
          state = markBound(state, found.clientTokens);
          return done({ bound: true });
        }
        const { accepted, refused } = await writeRequests(request, plan.base, plan.add);
        // If every request was refused, the current list itself may be refused. This write then throws, and no request
        // is blamed.
        if (accepted.length === 0 && refused.length > 0) await write(request, plan.base);
        for (const { bindingRequest, reason } of refused) state = refuse(state, bindingRequest, reason);
      }
      return retryLater(
        `another writer keeps changing the client list of connected registry ${request.connectedRegistry}`,
      );
    });
    return { state, outcome, full };
  }

  function write(request: BinderRequest, tokens: readonly string[]): Promise<void> {
    return controlPlane.setClientTokens(request.registry, request.connectedRegistry, tokens);
  }

  /**
   * Writes the list with all requests. If the service refuses it, bisection finds the refused requests, so that they do
   * not block the others. The service's message is not used: a name in it does not prove which token was refused.
   */
  async function writeRequests(
    request: BinderRequest,
    base: readonly string[],
    wanted: readonly BindingRequest[],
  ): Promise<WrittenRequests> {
    try {
      await write(request, [...base, ...wanted.map((bindingRequest) => bindingRequest.token)]);
      return { accepted: wanted, refused: [] };
    } catch (error) {
      const isRefusal = error instanceof ServiceError && (error.kind === 'refused' || error.kind === 'notFound');
      if (!isRefusal || wanted.length === 0) throw error;
      const [first] = wanted;
      if (wanted.length === 1 && first)
        return { accepted: [], refused: [{ bindingRequest: first, reason: error.message }] };
      const half = Math.ceil(wanted.length / 2);
      const left = await writeRequests(request, base, wanted.slice(0, half));
      const extended = [...base, ...left.accepted.map((bindingRequest) => bindingRequest.token)];
      const right = await writeRequests(request, extended, wanted.slice(half));
      return { accepted: [...left.accepted, ...right.accepted], refused: [...left.refused, ...right.refused] };
    }
  }
}

interface WrittenRequests {
  readonly accepted: readonly BindingRequest[];
  readonly refused: readonly { readonly bindingRequest: BindingRequest; readonly reason: string }[];
}
