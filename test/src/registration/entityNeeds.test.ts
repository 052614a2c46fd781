import { describe, expect, test } from 'vitest';
import { NO_REQUESTS, type BinderState, type BindingRequest } from '../../../src/domain/binding/bindingRequests.js';
import { binderNeeds } from '../../../src/registration/entityNeeds.js';

const DEADLINE = '2026-03-01T13:00:00.000Z';
const request = {
  registry: 'myregistry',
  connectedRegistry: 'plantone',
  token: 'token-0',
  run: 'run-0',
  deadline: DEADLINE,
  by: { operation: 'client.run', actor: 'Ada' },
};
const requested = (count: number, state: BindingRequest['state'] = 'open'): BindingRequest[] =>
  Array.from({ length: count }, (_, nth) => ({ token: `token-${nth}`, run: `run-${nth}`, deadline: DEADLINE, state }));
const of = (more: Partial<BinderState>): BinderState => ({ ...NO_REQUESTS, ...more });
const servesMany = (state: BinderState) => binderNeeds('ensure', request, state).servesMany === true;

describe('a write of the client list', () => {
  test('goes before the work of runs when many wait for it', () => {
    expect(servesMany(of({ bindingRequests: requested(5) }))).toBe(true);
  });

  test('keeps its place while few wait for it, or more are about to', () => {
    expect(servesMany(of({ bindingRequests: requested(4) }))).toBe(false);
    const announced = [{ token: 'token-9', run: 'run-9', at: '2026-03-01T12:00:00.000Z' }];
    expect(servesMany(of({ bindingRequests: requested(50), announced }))).toBe(false);
  });

  test('does not count requests that an earlier write has fulfilled', () => {
    const bindingRequests = [...requested(4), ...requested(9, 'bound').slice(4)];
    expect(servesMany(of({ bindingRequests }))).toBe(false);
  });

  test('needs nothing when the request is fulfilled', () => {
    expect(binderNeeds('ensure', request, of({ bindingRequests: requested(5, 'bound') }))).toEqual({});
  });
});
