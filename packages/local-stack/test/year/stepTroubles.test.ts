import { expect, test } from 'vitest';
import type { ApiReply, ApiRequest } from '@connected-registry/azure-simulator/http/message';
import { Dice } from '../../src/year/dice.js';
import { StepTroubles } from '../../src/year/troubles/stepTroubles.js';

const app = '11111111-2222-3333-4444-555555555555';

function request(clientId: string, path: string): ApiRequest {
  const payload = Buffer.from(JSON.stringify({ appid: clientId })).toString('base64url');
  return {
    method: 'POST',
    path,
    query: new Map(),
    headers: { authorization: `Bearer head.${payload}.signature` },
    body: Buffer.alloc(0),
    params: {},
    id: '',
  };
}

async function spoil(seed: number, path: string, clientId = app) {
  const counts = new Map<string, number>();
  const ends = { served: 0, killed: 0, dropped: 0 };
  const troubles = new StepTroubles({ dice: new Dice(seed), appClientId: app, kill: () => (ends.killed += 1), counts });
  const serve = (): Promise<ApiReply> => {
    ends.served += 1;
    return Promise.resolve({ status: 201 });
  };
  for (let nth = 0; nth < 2000; nth += 1) {
    const reply = await troubles.around(request(clientId, path), serve);
    if (reply === 'drop') ends.dropped += 1;
  }
  return { counts, ends };
}

test('one seed disturbs the same calls each time, and every kind of trouble occurs', async () => {
  const first = await spoil(1, '/subscriptions/x/generateCredentials');

  expect(first).toEqual(await spoil(1, '/subscriptions/x/generateCredentials'));
  expect([...first.counts.keys()].toSorted()).toEqual([
    'answer lost',
    'app killed after it',
    'app killed before it',
    'connection lost before it',
    'refused with 429',
    'refused with 500',
  ]);

  const { counts, ends } = first;
  const of = (trouble: string): number => counts.get(trouble) ?? 0;

  expect(ends.killed).toBe(of('app killed before it') + of('app killed after it'));
  expect(ends.dropped).toBe(ends.killed + of('answer lost') + of('connection lost before it'));

  const unserved = ['refused with 429', 'refused with 500', 'connection lost before it', 'app killed before it'];
  expect(ends.served).toBe(2000 - unserved.reduce((sum, trouble) => sum + of(trouble), 0));
});

test('events are also repeated and lost', async () => {
  const { counts } = await spoil(1, '/topics/signals/api/events');
  expect(counts.get('twice') ?? 0).toBeGreaterThan(100);
  expect(counts.get('lost') ?? 0).toBeGreaterThan(20);
});

test('calls of other callers are not disturbed', async () => {
  const { counts, ends } = await spoil(1, '/secrets/x', '99999999-2222-3333-4444-555555555555');
  expect(counts.size).toBe(0);
  expect(ends).toEqual({ served: 2000, killed: 0, dropped: 0 });
});
