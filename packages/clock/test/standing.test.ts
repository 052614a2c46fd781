import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { Activity } from '../src/activity.js';
import { LocalTime, STANDING } from '../src/localTime.js';
import { TimelineClock, timelineFrom } from '../src/timelineClock.js';

const begin = Date.parse('2030-01-01T00:00:00Z');
const day = 24 * 3600 * 1000;
const at = (days: number): Date => new Date(begin + days * day);

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function standing(): { clock: TimelineClock; time: LocalTime; activity: Activity } {
  const clock = new TimelineClock(timelineFrom(begin, STANDING));
  const activity = new Activity({ alone: true });
  return { clock, activity, time: new LocalTime(clock, 'jumping', { standing: true, activity }) };
}

/** A server in this process, whose handler may wait. */
async function serverThat(answer: () => Promise<void>): Promise<string> {
  const server = createServer((_request, response) => void answer().then(() => response.end()));
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('between two jumps time stands still', async () => {
  const { clock, time } = standing();
  clock.setTimer(at(1), () => undefined);
  await time.jump({ within: 5000 });
  expect(clock.now()).toEqual(at(1));
  await sleep(30);
  expect(clock.now()).toEqual(at(1));
});

test('a timer runs when time stands at its very moment, and those that follow from it too', async () => {
  const { clock, time } = standing();
  const rung: string[] = [];
  clock.setTimer(at(2), () => {
    rung.push(clock.now().toISOString());
    clock.setTimer(at(2), () => rung.push('at once'));
    clock.setTimer(at(3), () => rung.push('later'));
  });
  await time.jump({ within: 5000 });
  expect(rung).toEqual(['2030-01-03T00:00:00.000Z', 'at once']);
});

test('time does not go on while a request inside this process is under way', async () => {
  const { clock, time } = standing();
  const url = await serverThat(() => sleep(50).then(() => undefined));
  let heard: Date | undefined;
  clock.setTimer(at(1), () => void fetch(url).then(() => (heard = clock.now())));
  clock.setTimer(at(2), () => undefined);
  await time.jump({ to: at(5).toISOString(), within: 5000 });
  expect(heard).toEqual(at(1));
});

test('nor while work is under way that no socket tells of', async () => {
  const { clock, time, activity } = standing();
  let done: Date | undefined;
  clock.setTimer(at(1), () => void activity.working(sleep(40)).then(() => (done = clock.now())));
  await time.jump({ to: at(5).toISOString(), within: 5000 });
  expect(done).toEqual(at(1));
});

test('work that does not end keeps the clock, and this process is named', async () => {
  const { clock, time, activity } = standing();
  let end = (): void => undefined;
  closing.push(() => end());
  clock.setTimer(at(1), () => void activity.working(new Promise<void>((resolve) => (end = resolve))));
  await time.jump({ within: 100 });
  expect(await time.jump({ to: at(5).toISOString(), within: 100 })).toMatchObject({ busy: ['this process'] });
  expect(clock.now()).toEqual(at(1));
});

test('what the clock itself is asked is no activity', async () => {
  const { time, activity } = standing();
  const server = createServer((_request, response) => setTimeout(() => response.end(), 50));
  closing.push(() => server.close());
  time.disregard(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const before = activity.seen;
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}`).then((answer) => answer.text());
  // The request is this process's own activity as its client: begun and ended once.
  expect(activity.seen - before).toBe(2);
});
