import { expect, test } from 'vitest';
import type { Timer } from '@azure/functions';
import { eachHandler } from '../../../src/triggers/timer/eachHandler.js';
import { FakeDurableClient, invocation } from '../fakes/durable/durableClient.js';

test('runs every handler of a timer in turn, though some fail, and fails as the first of them', async () => {
  const ran: string[] = [];
  const handler = (name: string, failure?: Error) => async () => {
    ran.push(name);
    if (failure) throw failure;
  };
  const both = eachHandler({
    sweep: handler('sweep', new TypeError('"secret" is undefined')),
    rollouts: handler('rollouts'),
    last: handler('last', new Error('later')),
  });
  const { context, lines } = invocation();
  await expect(both({} as Timer, new FakeDurableClient().client, context)).rejects.toThrow('"secret" is undefined');
  expect(ran).toEqual(['sweep', 'rollouts', 'last']);
  expect(lines.map(({ level, text }) => ({ level, ...(JSON.parse(text) as object) }))).toMatchObject([
    { level: 'error', event: 'timer.unexpectedError', handler: 'sweep', name: 'TypeError' },
    { level: 'error', event: 'timer.unexpectedError', handler: 'last', name: 'Error' },
  ]);
  expect(JSON.stringify(lines)).not.toContain('secret');
});
