import { fileURLToPath } from 'node:url';

import { startHost } from '@connected-registry/functions-host';
import { expect, test } from 'vitest';

const app = fileURLToPath(new URL('..', import.meta.url));
const options = { app, clock: 'jumping', startAt: '2030-01-01T12:00:00Z' } as const;

test('expires after three days, with a reminder each day', async () => {
  await using host = await startHost(options);
  const id = await host.start('approval');
  expect(await host.waitForInstance(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'expired' });
  expect((await host.now()).toISOString()).toMatch(/^2030-01-04T12:00/);
  expect(host.log.filter(({ message }) => message === 'Dear Ada, please decide.')).toHaveLength(3);
});

test('ends with the decision of the second day', async () => {
  await using host = await startHost(options);
  const id = await host.start('approval');
  await host.advance({ days: 1, hours: 1 });
  await host.raiseEvent(id, 'decision', 'approved');
  expect((await host.waitForInstance(id)).output).toBe('approved');
  expect((await host.now()).toISOString()).toMatch(/^2030-01-02T13:00/);
});

test('runs its timer every morning', async () => {
  await using host = await startHost(options);
  await host.advance({ days: 3 });
  const mornings = host.log.map(({ message }) => message).filter((message) => message.startsWith('Good morning'));
  expect(mornings).toEqual(['02', '03', '04'].map((day) => `Good morning of 2030-01-${day}`));
});
