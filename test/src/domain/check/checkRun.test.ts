import { expect, test } from 'vitest';
import {
  checkInstance,
  tokenLookup,
  sumUp,
  tokenMarks,
  type CheckPart,
} from '../../../../src/domain/check/checkRun.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { OPERATION_ID } from '@connected-registry/protocol/names/operationId';

const finding = (client: string) =>
  ({ registry: 'r', connectedRegistry: 'c', client, state: 'unbound', differences: [] }) as const;
const part = (changes: Partial<CheckPart>): CheckPart => ({
  counts: {},
  findings: [],
  omittedFindings: 0,
  tokens: '',
  ...changes,
});

test('the parts of a check are combined', () => {
  const sum = sumUp(
    [
      part({ counts: { ok: 3, unbound: 1 }, findings: [finding('a')] }),
      part({ counts: { ok: 4, drifted: 2 }, omittedFindings: 2 }),
    ],
    [
      {
        unused: Array.from({ length: 150 }, () => ({ kind: 'token' as const, registry: 'r', name: 't', reason: '' })),
        omittedUnused: 7,
        // Of an activity of an earlier version, which looked for no unmanaged tokens.
        warnings: [],
      },
      {
        unused: [],
        omittedUnused: 0,
        unmanaged: Array.from({ length: 130 }, () => ({ registry: 'r', connectedRegistry: 'c', token: 't', fix: '' })),
        omittedUnmanaged: 4,
        warnings: [],
      },
    ],
  );
  expect(sum).toMatchObject({
    checked: 10,
    counts: { ok: 7, unbound: 1, drifted: 2 },
    findings: [{ client: 'a' }],
    omittedFindings: 2,
    omittedUnused: 57,
    omittedUnmanaged: 34,
  });
  expect([sum.unused.length, sum.unmanaged?.length]).toEqual([100, 100]);
});

test('tokens in use are recognised by marks of four bytes each, ignoring case', () => {
  const tokens = Array.from({ length: 1000 }, (_, nth) => ({ registry: 'MyRegistry', token: `Token-${nth}` }));
  const [some, others] = [tokenMarks(tokens.slice(0, 600)), tokenMarks(tokens.slice(600))];
  expect(some.length).toBe(3200);
  const isInUse = tokenLookup([some, others, '']);
  expect(tokens.every(({ token }) => isInUse('myregistry', token.toLowerCase()))).toBe(true);
  expect(isInUse('myregistry', 'token-1000')).toBe(false);
  expect(isInUse('otherregistry', 'token-1')).toBe(false);
});

test('checks of all clients share an instance; a check of named clients has its own, which is no client’s', () => {
  const all = { run: 'mm7k3q8w00k2v9x1', request: { registries: ['myregistry'] } };
  const some = { ...all, request: { ...all.request, clients: [] } };
  expect(checkInstance(all)).toBe('ck-all');
  expect(checkInstance(some)).toBe('ck-mm7k3q8w00k2v9x1');
  expect(`${checkInstance(some)}.${some.run}`).toMatch(OPERATION_ID);
  const client = { registry: 'ck', connectedRegistry: 'all', client: 'x' };
  expect([checkInstance(all), checkInstance(some)]).not.toContain(clientKey(client));
});
