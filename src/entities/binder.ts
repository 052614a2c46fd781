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
import { done, failed, retryLater, type StepOutcome } from '../domain/operations/stepOutcome.js';
import { outcomeOf } from '../serviceErrors/outcomeOf.js';
import type { RegistryControlPlane } from '../ports/registryControlPlane.js';
import { ServiceError } from '../serviceErrors/serviceError.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Lower case, since the engine folds an entity's name in some places and not in others. */
export const BINDER = 'binder';

/** How often the list is read and written in one operation before the flow is told to come back. */
const ROUNDS = 4;

export interface BinderAnswer {
  readonly state: BinderState;
  readonly outcome: StepOutcome<{ readonly bound: boolean }>;
}

/**
 * The one writer of a connected registry's client list. The list can only be replaced as a whole and has no ETag, so
 * two writers would lose each other's entries; a durable entity runs its operations one after another.
 * `want`, `drop` and `evict` only note a wish; `ensure` and `ensureUnbound` read, write and read back for all wishes noted
 * before, which is how runs that wait together share one write.
 * @param cap clients that one connected registry may have.
 */
export function createBinder(controlPlane: RegistryControlPlane, cap: number) {
  return async (
    operation: BinderOperation,
    request: BinderRequest,
    remembered: BinderState,
    now: Date,
  ): Promise<BinderAnswer> => {
    const state = prune(remembered, now);
    switch (operation) {
      case 'request':
        return { state: addRequest(state, request), outcome: done({ bound: false }) };
      case 'complete':
        return { state: endRequest(state, request), outcome: done({ bound: true }) };
      case 'unbind':
        return { state: addUnbinding(state, request), outcome: done({ bound: false }) };
      case 'forceUnbind':
        return { state: addForcedUnbinding(state, request), outcome: done({ bound: false }) };
      case 'ensure':
        return ensure(addRequest(state, request), request);
      case 'ensureAgain':
        return ensure(reopen(addRequest(state, request), request), request);
      case 'ensureUnbound':
        return ensureUnbound(state, request);
    }
  };

  async function ensure(state: BinderState, request: BinderRequest): Promise<BinderAnswer> {
    if (findRequest(state, request)?.state === 'bound') return { state, outcome: done({ bound: true }) };
    const work = await serve(state, request);
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
        outcome: failed('too-many-clients', `${request.connectedRegistry} has all the ${cap} clients it may have`),
      };
    const outcome = work.outcome.kind === 'done' ? retryLater('the client list is being written') : work.outcome;
    return { state: work.state, outcome };
  }

  async function ensureUnbound(state: BinderState, request: BinderRequest): Promise<BinderAnswer> {
    if (!hasUnbinding(state, request)) return { state, outcome: done({ bound: false }) };
    const work = await serve(state, request);
    return hasUnbinding(work.state, request)
      ? { state: work.state, outcome: work.outcome }
      : { state: work.state, outcome: done({ bound: false }) };
  }

  /** Reads, writes and reads back until the list holds, for every wish that is noted. */
  async function serve(start: BinderState, request: BinderRequest) {
    let state = start;
    let full = false;
    const outcome = await outcomeOf(async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const found = await controlPlane.getConnectedRegistry(request.registry, request.connectedRegistry);
        if (!found) return failed('connected-registry-not-found', `${request.connectedRegistry} does not exist`);
        const plan = planList(state, found.clientTokens, cap);
        full = plan.overCap.some((bindingRequest) => sameName(bindingRequest.token, request.token));
        if (plan.isComplete) {
          state = markBound(state, found.clientTokens);
          return done({ bound: true });
        }
        const { accepted, refused } = await offer(request, plan.base, plan.add);
        // If nothing at all is taken, it may be the list as it stands that is refused: then no wish is to blame.
        if (accepted.length === 0 && refused.length > 0) await write(request, plan.base);
        for (const { bindingRequest, reason } of refused) state = refuse(state, bindingRequest, reason);
      }
      return retryLater(`another writer keeps changing the clients of ${request.connectedRegistry}`);
    });
    return { state, outcome, full };
  }

  function write(request: BinderRequest, tokens: readonly string[]): Promise<void> {
    return controlPlane.setClientTokens(request.registry, request.connectedRegistry, tokens);
  }

  /**
   * Writes the list with all that is wanted. If the service refuses it, the wish that spoils it is found by halves, so that
   * it does not hold the others back. A name in the service's words is no proof of which one it is.
   */
  async function offer(
    request: BinderRequest,
    base: readonly string[],
    wanted: readonly BindingRequest[],
  ): Promise<Offered> {
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
      const left = await offer(request, base, wanted.slice(0, half));
      const grown = [...base, ...left.accepted.map((bindingRequest) => bindingRequest.token)];
      const right = await offer(request, grown, wanted.slice(half));
      return { accepted: [...left.accepted, ...right.accepted], refused: [...left.refused, ...right.refused] };
    }
  }
}

interface Offered {
  readonly accepted: readonly BindingRequest[];
  readonly refused: readonly { readonly bindingRequest: BindingRequest; readonly reason: string }[];
}
