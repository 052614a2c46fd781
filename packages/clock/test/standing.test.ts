import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { Activity } from '../src/activity.js';
import { LocalTime, STANDING } from '../src/localTime.js';
import { TimelineClock, timelineFrom } from '../src/timelineClock.js';

const start = Date.parse('2030-01-01T00:00:00Z');
const day = 24 * 3600 * 1000;
const at = (days: number): Date => new Date(start + days * day);

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function standing(): { clock: TimelineClock; time: LocalTime; activity: Activity } {
  const clock = new TimelineClock(timelineFrom(start, STANDING));
  const activity = new Activity({ alone: true });
  return { clock, activity, time: new LocalTime(clock, 'jumping', { standing: true, activity }) };
}

/** Starts a server in this process that answers when `answer` resolves. @returns its address */
async function startServer(answer: () => Promise<void>): Promise<string> {
  const server = createServer((_request, response) => void answer().then(() => response.end()));
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('time stands still between two jumps', async () => {
  const { clock, time } = standing();
  clock.setTimer(at(1), () => undefined);

  await time.jump({ within: 5000 });

  expect(clock.now()).toEqual(at(1));

  await sleep(30);
  expect(clock.now()).toEqual(at(1));
});

test('timers that are due when the jump ends run, also those that another one starts', async () => {
  const { clock, time } = standing();
  const runs: string[] = [];
  clock.setTimer(at(2), () => {
    runs.push(clock.now().toISOString());
    clock.setTimer(at(2), () => runs.push('at once'));
    clock.setTimer(at(3), () => runs.push('later'));
  });

  await time.jump({ within: 5000 });

  expect(runs).toEqual(['2030-01-03T00:00:00.000Z', 'at once']);
});

test('time stands still while a request within this process is in progress', async () => {
  const { clock, time } = standing();
  const url = await startServer(() => sleep(50).then(() => undefined));
  let answeredAt: Date | undefined;
  clock.setTimer(at(1), () => void fetch(url).then(() => (answeredAt = clock.now())));
  clock.setTimer(at(2), () => undefined);

  await time.jump({ to: at(5).toISOString(), within: 5000 });

  expect(answeredAt).toEqual(at(1));
});

test('time stands still while work without a socket is in progress', async () => {
  const { clock, time, activity } = standing();
  let endedAt: Date | undefined;
  clock.setTimer(at(1), () => void activity.working(sleep(40)).then(() => (endedAt = clock.now())));

  await time.jump({ to: at(5).toISOString(), within: 5000 });

  expect(endedAt).toEqual(at(1));
});

test('work that does not end stops the jump, which names this process', async () => {
  const { clock, time, activity } = standing();
  let end = (): void => undefined;
  closing.push(() => end());
  clock.setTimer(at(1), () => void activity.working(new Promise<void>((resolve) => (end = resolve))));
  await time.jump({ within: 100 });

  expect(await time.jump({ to: at(5).toISOString(), within: 100 })).toMatchObject({ busy: ['this process'] });
  expect(clock.now()).toEqual(at(1));
});

test('requests to the clock itself do not count as activity', async () => {
  const { time, activity } = standing();
  const server = createServer((_request, response) => setTimeout(() => response.end(), 50));
  closing.push(() => server.close());
  time.disregard(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const before = activity.seen;
  const { port } = server.address() as AddressInfo;

  await fetch(`http://127.0.0.1:${port}`).then((answer) => answer.text());

  // This process is also the client: its request starts and ends once.
  expect(activity.seen - before).toBe(2);
});
