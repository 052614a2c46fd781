import {
  NO_REQUESTS,
  type BinderOperation,
  type BinderRequest,
  type BinderState,
} from '../../../../src/domain/binding/bindingRequests.js';
import { createBinder } from '../../../../src/entities/binder.js';
import { CONNECTED_REGISTRY, REGISTRY } from '../answers/requests.js';
import type { World } from '../worlds/world.js';

/** The entity as the engine runs it: one operation after another, its state kept as JSON in between. */
export function createBinderEntity(world: World, cap = 50) {
  const binder = createBinder(world.ports.controlPlane, cap);
  let state: BinderState = NO_REQUESTS;
  let now = new Date('2026-03-01T12:00:00.000Z');

  const bindingRequest = (token: string, run = `run-${token}`): BinderRequest => ({
    registry: REGISTRY,
    connectedRegistry: CONNECTED_REGISTRY,
    token,
    run,
    deadline: '2026-03-20T00:00:00.000Z',
    by: { operation: `client.${run}`, actor: 'function-key' },
  });
  const request = async (operation: BinderOperation, wanted: BinderRequest) => {
    const answer = await binder({ operation, request: wanted }, state, now);
    state = JSON.parse(JSON.stringify(answer.state)) as BinderState;
    return answer.outcome;
  };
  const send = (operation: BinderOperation, token: string, run?: string) =>
    request(operation, bindingRequest(token, run));
  return {
    bindingRequest,
    request,
    send,
    /** Every run requests first, and waits later, as the flow does. */
    bindAll: async (tokens: readonly string[]) => {
      for (const token of tokens) await send('request', token);
      const outcomes = [];
      for (const token of tokens) outcomes.push(await send('ensure', token));
      return outcomes;
    },
    get state() {
      return state;
    },
    setTime: (instant: string) => {
      now = new Date(instant);
    },
  };
}

/** So many tokens' names. */
export function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `client-${index + 1}`);
}
