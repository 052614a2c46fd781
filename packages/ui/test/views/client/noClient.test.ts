import { beforeEach, expect, test } from 'vitest';
import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';
import { FaultError, type Fault } from '../../../src/data/fault.js';
import { unlessNoClient } from '../../../src/data/noClient.js';
import { Polled } from '../../../src/data/polled.js';
import { readClient, type KnownClient } from '../../../src/views/client/useClient.js';
import { ManualWorld } from '../../fakes/manualWorld.js';

const KEY = 'plant-line-press-0a1b';
const problem = (code: ProblemDetails['code']): Fault => ({
  kind: 'refused',
  problem: { type: 'about:blank', status: 404, code, title: 'There is no such client.', detail: 'It was not found.' },
});

let asked: string[];
beforeEach(() => {
  asked = [];
});
const apiWith = (fault: Fault) => ({
  read: async (path: string): Promise<never> => {
    asked.push(path);
    throw new FaultError(fault, 7);
  },
});

test('a client that the app does not know is no fault, and the vault is not read for it again', async () => {
  const world = new ManualWorld();
  const api = apiWith(problem('client-not-found'));
  const client = new Polled<KnownClient>(world, 86_400_000, () => readClient(api, KEY));
  client.watch();
  await world.pass(3_600_000);
  const { value, fault, retryAt } = client.state.value;
  expect([value, fault, retryAt]).toEqual([{ state: 'not found' }, undefined, undefined]);
  expect(asked).toEqual([`clients/${KEY}`]);
  client.refresh();
  await world.pass(0);
  expect(asked).toHaveLength(2);
});

test.each([
  problem('unavailable'),
  problem('operation-not-found'),
  { kind: 'unreachable' } as const,
  { kind: 'unexpected', status: 404 } as const,
])('every other fault is one, with the pause that it asks for: %j', async (fault) => {
  await expect(readClient(apiWith(fault), KEY)).rejects.toMatchObject({ fault, retryAfter: 7 });
});

test('what the app answers of a client it knows stays as it is, with its ETag', async () => {
  const answer = { kind: 'value', value: 'operations', etag: 'W/"1"', ageSeconds: 2 } as const;
  expect(await unlessNoClient(Promise.resolve(answer), 'none')).toBe(answer);
  const unchanged = { kind: 'notModified' } as const;
  expect(await unlessNoClient(Promise.resolve(unchanged), 'none')).toBe(unchanged);
});
