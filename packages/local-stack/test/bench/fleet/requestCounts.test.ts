import { expect, test } from 'vitest';
import { sumRequests } from '../../../src/bench/fleet/requestCounts.js';

const service = (total: number, kinds: object, outcomes: object) => ({
  total,
  kinds,
  outcomes,
  operations: {},
  asynchronous: 0,
});
const answer = {
  total: 99,
  principals: {
    app: {
      arm: service(
        15,
        { read: 6, poll: 2, write: 4, action: 2, delete: 1 },
        { read: { succeeded: 3, throttled: 3 }, action: { throttled: 1, succeeded: 1 } },
      ),
      vault: service(7, { calls: 7 }, { calls: { succeeded: 6, throttled: 1 } }),
      entra: service(3, { calls: 3 }, { calls: { succeeded: 3 } }),
    },
    'app-2': { arm: service(1, { write: 1 }, { write: { succeeded: 1 } }) },
    operator: { arm: service(50, { write: 50 }, { write: { throttled: 50 } }) },
  },
};

test("the counters of the app's identities are summed, and nobody else's", () => {
  expect(sumRequests(answer, ['app', 'app-2'])).toEqual({
    reads: 8,
    writes: 7,
    deletes: 1,
    polls: 2,
    throttled: 4,
    vaultCalls: 7,
    throttledVaultCalls: 1,
    tokenRequests: 3,
  });
});

test('an identity that has sent nothing counts as nothing', () => {
  expect(sumRequests({ principals: {} }, ['app'])).toMatchObject({ reads: 0, vaultCalls: 0, tokenRequests: 0 });
});
