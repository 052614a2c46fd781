import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addUnbinding,
  addRequest,
  endRequest,
  findRequest,
  hasUnbinding,
  markBound,
  NO_REQUESTS,
  planList,
  prune,
  refuse,
  reopen,
  type BinderRequest,
  type BinderState,
} from '../../../../src/domain/binding/bindingRequests.js';

const bindingRequest = (token: string, run: string, deadline = '2026-04-01T00:00:00.000Z'): BinderRequest => ({
  registry: 'myregistry',
  connectedRegistry: 'edge1',
  token,
  run,
  deadline,
  by: { operation: `client.${run}`, actor: 'function-key' },
});
const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());

const name = fc.constantFrom('Tok-a', 'tok-b', 'tok-c', 'TOK-D', 'tok-e', 'tok-f');
const spelled = fc.tuple(name, fc.boolean()).map(([token, loud]) => (loud ? token.toUpperCase() : token));
const change = fc.record({
  kind: fc.constantFrom('request', 'request', 'unbind', 'complete', 'refuse'),
  token: spelled,
  run: fc.constantFrom('r1', 'r2', 'r3'),
});
const state: fc.Arbitrary<BinderState> = fc.array(change, { maxLength: 12 }).map((changes) =>
  changes.reduce((before: BinderState, { kind, token, run }) => {
    const request = bindingRequest(token, run);
    if (kind === 'request') return addRequest(before, request);
    if (kind === 'unbind') return addUnbinding(before, request);
    if (kind === 'complete') return endRequest(before, request);
    const found = findRequest(before, request);
    return found ? refuse(before, found, 'no') : before;
  }, NO_REQUESTS),
);
const current = fc.uniqueArray(fc.oneof(spelled, fc.constantFrom('foreign-1', 'foreign-2', 'foreign-3')), {
  selector: (token) => token.toLowerCase(),
});
const cap = fc.integer({ min: 1, max: 8 });

describe('the planned list', () => {
  test('never loses a token without an unbinding', () => {
    fc.assert(
      fc.property(state, current, cap, (bindingRequests, list, max) => {
        const { base } = planList(bindingRequests, list, max);
        const dropped = lower(bindingRequests.unbindings.map((drop) => drop.token));
        expect(base).toEqual(list.filter((token) => !dropped.includes(token.toLowerCase())));
      }),
    );
  });

  test('never adds beyond the cap, and adds no token twice', () => {
    fc.assert(
      fc.property(state, current, cap, (bindingRequests, list, max) => {
        const { base, add } = planList(bindingRequests, list, max);
        expect(add.length === 0 || base.length + add.length <= max).toBe(true);
        const all = lower([...base, ...add.map((item) => item.token)]);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });

  test('adds requests by age, and leaves out only those over the cap', () => {
    fc.assert(
      fc.property(state, current, cap, (bindingRequests, list, max) => {
        const { base, add, overCap } = planList(bindingRequests, list, max);
        const order = [...add, ...overCap].map((item) => bindingRequests.bindingRequests.indexOf(item));
        expect(order).toEqual([...order].sort((left, right) => left - right));
        const served = new Set(lower([...base, ...add, ...overCap].map((i) => (typeof i === 'string' ? i : i.token))));
        for (const item of bindingRequests.bindingRequests.filter(({ state }) => state !== 'refused'))
          expect(served.has(item.token.toLowerCase())).toBe(true);
        expect(overCap.length === 0 || base.length + add.length >= max).toBe(true);
      }),
    );
  });

  test('is complete exactly if writing it would change nothing', () => {
    fc.assert(
      fc.property(state, current, cap, (bindingRequests, list, max) => {
        const { base, add, isComplete } = planList(bindingRequests, list, max);
        expect(isComplete).toBe(base.length === list.length && add.length === 0);
      }),
    );
  });

  test('is complete once it was written', () => {
    fc.assert(
      fc.property(state, current, cap, (bindingRequests, list, max) => {
        const { base, add } = planList(bindingRequests, list, max);
        const written = [...base, ...add.map((item) => item.token)];
        const after = markBound(bindingRequests, written);
        expect(planList(after, written, max).isComplete).toBe(true);
        for (const item of after.bindingRequests.filter(({ state }) => state === 'bound'))
          expect(lower(written)).toContain(item.token.toLowerCase());
      }),
    );
  });
});

describe('an unbinding', () => {
  test('removes its token, and the binding request of its run', () => {
    const before = addRequest(addRequest(NO_REQUESTS, bindingRequest('tok-a', 'r1')), bindingRequest('tok-b', 'r2'));
    const after = addUnbinding(before, bindingRequest('TOK-A', 'r1'));
    expect(planList(after, ['Tok-a', 'tok-b'], 9).base).toEqual(['tok-b']);
    expect(findRequest(after, bindingRequest('tok-a', 'r1'))).toBeUndefined();
  });

  test('does not remove a token that another run has requested', () => {
    const before = addRequest(addRequest(NO_REQUESTS, bindingRequest('tok-a', 'r1')), bindingRequest('tok-a', 'r2'));
    const after = addUnbinding(before, bindingRequest('tok-a', 'r1'));
    expect(hasUnbinding(after, bindingRequest('tok-a', 'r1'))).toBe(false);
    expect(planList(after, ['tok-a'], 9).base).toEqual(['tok-a']);
  });

  test('is cancelled if a later run requests the token', () => {
    const after = addRequest(addUnbinding(NO_REQUESTS, bindingRequest('tok-a', 'r1')), bindingRequest('Tok-A', 'r2'));
    expect(planList(after, ['tok-a'], 9).base).toEqual(['tok-a']);
  });

  test('is recorded once', () => {
    const once = addUnbinding(NO_REQUESTS, bindingRequest('tok-a', 'r1'));
    expect(addUnbinding(once, bindingRequest('tok-a', 'r1'))).toEqual(once);
  });
});

describe('a binding request', () => {
  test('is recorded once, and keeps its position', () => {
    const before = addRequest(addRequest(NO_REQUESTS, bindingRequest('tok-a', 'r1')), bindingRequest('tok-b', 'r2'));
    expect(addRequest(before, bindingRequest('TOK-A', 'r1', '2027-01-01T00:00:00.000Z'))).toEqual(before);
  });

  test('expires at its deadline, as an unbinding does', () => {
    const before = addUnbinding(addRequest(NO_REQUESTS, bindingRequest('tok-a', 'r1')), bindingRequest('tok-b', 'r2'));
    expect(prune(before, new Date('2026-03-31T23:59:59Z'))).toEqual(before);
    expect(prune(before, new Date('2026-04-01T00:00:00Z'))).toEqual(NO_REQUESTS);
  });

  test('that was bound is checked again only after it was reopened', () => {
    const bound = markBound(addRequest(NO_REQUESTS, bindingRequest('tok-a', 'r1')), ['TOK-A']);
    expect(findRequest(bound, bindingRequest('tok-a', 'r1'))?.state).toBe('bound');
    expect(findRequest(reopen(bound, bindingRequest('tok-a', 'r1')), bindingRequest('tok-a', 'r1'))?.state).toBe(
      'open',
    );
  });
});
