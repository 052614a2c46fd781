import { expect, it } from 'vitest';

import { endInOrder } from '../src/ending.js';
import { createLog } from '../src/log/log.js';

it('the shutdown continues after a part that fails and one that never ends, and reports both', async () => {
  const ended: string[] = [];
  const log: string[] = [];

  await endInOrder(
    [
      () => Promise.reject(new Error('cannot end')),
      () => new Promise(() => undefined),
      () => Promise.resolve(ended.push('last')),
    ],
    50,
    createLog({ rules: {}, sink: ({ message }) => log.push(message.split('\n')[0] ?? '') }),
  );

  expect(ended).toEqual(['last']);
  expect(log).toEqual(['while stopping: Error: cannot end', 'while stopping: Error: not ended after 50 ms']);
});
