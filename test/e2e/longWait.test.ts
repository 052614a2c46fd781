// @module-tag jumping-clock
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { onboardingOf, type Operation } from './harness/appClient.js';
import { pullManifest } from './harness/edge.js';
import { PATIENCE } from './harness/hostUnderTest.js';
import { LONG_WAITS } from './harness/longWaits.js';
import { OperatorSdk } from './harness/operatorSdk.js';
import { timersOf } from './harness/runHistory.js';
import { hostLog } from './harness/hostLog.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

const DAY = 86_400_000;

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack({
    clock: 'scaled',
    settings: LONG_WAITS,
  });
});
afterAll(() => it.dispose());

async function setClock(now: Date): Promise<void> {
  const body = JSON.stringify({ mode: 'scaled', now: now.toISOString() });
  const answer = await fetch(it.stack.ground.places.clockUrl, { method: 'POST', body });
  expect({ status: answer.status, text: await answer.text() }).toMatchObject({ status: 200 });
}

test('a rotation that waits nine days for a sync and is cancelled on the eighth is undone like any other', async () => {
  const { app, operator } = it;
  const now = new Date();
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
  await setClock(first);
  const start = await app.start(onboardingOf('patient'));
  const waits = ({ steps, status }: Operation) =>
    status !== 'running' || steps.some((step) => step.status === 'waiting');
  // The edge has most often synced before the device first asks; else the next sync is a minute away.
  if ((await app.watch(start, waits)).status === 'running') await setClock(new Date(first.getTime() + DAY / 1000));
  const onboarded = await app.end(start);
  const { name, version } = onboarded.result?.secret ?? { name: '', version: '' };
  const before = await operator.login(name);

  await operator.scheduleSyncs('0 0 10 * *');
  // What the app has read of the connected registry is remembered for a while.
  await setClock(new Date(first.getTime() + DAY / 24));
  const id = await app.rotate('patient');
  const { steps } = await app.watch(id, waits);
  const tenth = new Date(first.getTime() + 9 * DAY).toISOString().slice(0, 10);
  expect(steps.at(-1)).toMatchObject({ name: 'awaitSync', message: expect.stringContaining(`looking at ${tenth}`) });
  await setClock(new Date(first.getTime() + 8 * DAY));
  const instance = id.slice(0, id.lastIndexOf('.'));
  const timers = () => timersOf(it, instance);
  await vi.waitFor(async () => expect((await timers()).length).toBeGreaterThan(1), {
    timeout: PATIENCE * 1000,
    interval: 100,
  });
  expect((await app.post({}, `operations/${id}/cancel`)).status).toBe(202);
  const ended = await app.end(id);

  expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'cancelled', residue: [] } });
  for (const { Timestamp, FireAt } of await timers())
    expect((FireAt?.getTime() ?? Infinity) - Timestamp.getTime()).toBeLessThanOrEqual(5 * DAY);
  expect(hostLog(it)).not.toContain('after one of more than six days');
  // What the run has made is gone, and what it found is as it was. A token of eight days ago is good no more.
  const later = new OperatorSdk(it.stack.endpoints);
  expect(await later.secretNames()).not.toContain(`${name}-candidate`);
  const { credentials } = await later.token(onboarded.result?.token ?? '');
  expect(credentials?.passwords?.map((password) => password.name)).toEqual([onboarded.result?.secret.slot]);
  expect(await later.login(name)).toEqual(before);
  expect(version).not.toBe('');
  expect(await pullManifest(before, 'hello-world')).toMatchObject({ status: 200 });
});
