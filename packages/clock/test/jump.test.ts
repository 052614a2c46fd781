import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { startClockServer, type ClockServer } from '../src/server.js';
import { TimelineClock, timelineFrom } from '../src/timelineClock.js';
import { compiled } from '../src/files/projectRoot.js';

const preload = pathToFileURL(compiled('clock/preload.js')).href;
const processClock = pathToFileURL(compiled('clock/processClock.js')).href;
const begin = Date.parse('2030-01-01T00:00:00Z');
const day = 24 * 3600 * 1000;

const children: ChildProcess[] = [];
let server: ClockServer | undefined;
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await server?.close();
  server = undefined;
});

async function clockAt(time: number, mode: 'jumping' | 'scaled' = 'jumping'): Promise<ClockServer> {
  server = await startClockServer(new TimelineClock(timelineFrom(time, 1)), 0, mode);
  return server;
}

async function post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${server?.url ?? ''}${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** A process that follows the clock and runs `code`; its lines on stdout as they come. */
function follower(code: string, name: string): { child: ChildProcess; line(): Promise<string> } {
  const child = spawn(process.execPath, ['--import', preload, '--input-type=module', '-e', code], {
    env: { PATH: process.env['PATH'], LOCAL_CLOCK_URL: server?.url, LOCAL_CLOCK_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout === null) throw new Error('A child with a piped stdout has one.');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

/** Says `up`, then at each of these days the day on which it wakes. */
const waker = (days: readonly number[]): string => `
  import { processClock } from '${processClock}';
  const clock = processClock();
  const begin = ${begin};
  for (const day of [${days.join()}])
    clock.setTimer(new Date(begin + day * ${day}), () =>
      console.log(\`day \${(Date.now() - begin) / ${day} | 0} \${new Date() instanceof Date} \${new Date().toISOString().slice(0, 10)}\`));
  setInterval(() => {}, 1e6);
  console.log('up');
`;

test('days pass at once, and every due time is stopped at', async () => {
  await clockAt(begin);
  const one = follower(waker([1, 400]), 'one');
  expect(await one.line()).toBe('up');
  const end = await post('/jump', { to: new Date(begin + 500 * day).toISOString() });
  expect(end).toMatchObject({ status: 200, body: { stops: 2 } });
  expect(await one.line()).toBe('day 1 true 2030-01-02');
  expect(await one.line()).toBe('day 400 true 2031-02-05');
  expect(Date.parse(String(end.body['now']))).toBeGreaterThanOrEqual(begin + 500 * day);
});

test('without a time it goes to the next one that is due, of any process', async () => {
  await clockAt(begin);
  const later = follower(waker([9]), 'later');
  const sooner = follower(waker([7]), 'sooner');
  await later.line();
  await sooner.line();
  const end = await post('/jump', {});
  expect(String(end.body['now'])).toMatch(/^2030-01-08T00:00:0/);
  expect(await sooner.line()).toMatch(/^day 7/);
  expect((await (await fetch(server?.url ?? '')).json()) as object).toMatchObject({
    mode: 'jumping',
    processes: expect.arrayContaining([
      expect.objectContaining({ name: 'later', nextDue: '2030-01-10T00:00:00.000Z' }),
    ]),
  });
});

test('what one process does at its time is done before time goes on, though another has said that it is idle', async () => {
  await clockAt(begin);
  const worker = follower(
    `import { createServer } from 'node:http';
     import { readFile } from 'node:fs/promises';
     import { processClock } from '${processClock}';
     const server = createServer(async (request, response) => {
       response.end();
       for (let read = 0; read < 50; read += 1) await readFile(process.execPath.slice(0, 0) + '/proc/self/stat').catch(() => {});
       processClock().setTimer(new Date(Date.now() + 60_000), () => console.log('a minute later it is ' + new Date().toISOString().slice(0, 16)));
     }).listen(0, '127.0.0.1', () => console.log(server.address().port));`,
    'worker',
  );
  const port = await worker.line();
  const asker = follower(
    `import { processClock } from '${processClock}';
     processClock().setTimer(new Date(${begin + day}), () => fetch('http://127.0.0.1:${port}').then((answer) => answer.text()));
     setInterval(() => {}, 1e6);
     console.log('up');`,
    'asker',
  );
  await asker.line();
  await post('/jump', { to: new Date(begin + 3 * day).toISOString() });
  expect(await worker.line()).toBe('a minute later it is 2030-01-02T00:01');
});

test('a process that is busy keeps the clock, and is named', async () => {
  await clockAt(begin);
  const busy = follower(
    `import { followedClock } from '${processClock}';
     void followedClock().working(new Promise(() => {}));
     setInterval(() => {}, 1e6);
     console.log('up');`,
    'busybody',
  );
  await busy.line();
  const end = await post('/jump', { to: new Date(begin + day).toISOString(), withinSeconds: 0.3 });
  expect(end).toMatchObject({ status: 409, body: { busy: ['busybody'] } });
  expect(String(end.body['now'])).toMatch(/^2030-01-01/);
});

test('a process that only registers is heard, and its due time stopped at', async () => {
  await clockAt(begin);
  await post('/processes', { name: 'plain', idle: false, nextDue: null });
  expect(await post('/jump', { withinSeconds: 0.2 })).toMatchObject({ status: 409, body: { busy: ['plain'] } });
  await post('/processes', { name: 'plain', idle: true, nextDue: '2030-03-01T00:00:00Z' });
  expect(String((await post('/jump', {})).body['now'])).toMatch(/^2030-03-01T00:00:0/);
});

test('a process that ends is not waited for', async () => {
  await clockAt(begin);
  const one = follower(waker([1]), 'one');
  await one.line();
  const exit = once(one.child, 'exit');
  one.child.kill('SIGKILL');
  await exit;
  expect(await post('/jump', { to: new Date(begin + 5 * day).toISOString() })).toMatchObject({
    status: 200,
    body: { stops: 0 },
  });
});

test('a background timer is no stop, and runs when its time has passed', async () => {
  await clockAt(begin);
  const one = follower(
    `import { processClock } from '${processClock}';
     processClock().setTimer(new Date(${begin + day}), () => console.log('synced'), { background: true });
     setInterval(() => {}, 1e6);
     console.log('up');`,
    'one',
  );
  await one.line();
  expect(await post('/jump', { to: new Date(begin + 2 * day).toISOString() })).toMatchObject({ body: { stops: 0 } });
  expect(await one.line()).toBe('synced');
});

test('scaled time runs faster for all, and real time again', async () => {
  await clockAt(begin);
  const one = follower(waker([1]), 'one');
  await one.line();
  expect(await post('', { mode: 'scaled', scale: 864_000 })).toMatchObject({ status: 200, body: { scale: 864_000 } });
  expect(await one.line()).toMatch(/^day [1-9]/);
  const now = String((await post('', { mode: 'real' })).body['now']);
  expect(Date.parse(now)).toBeGreaterThan(begin + day);
  // At the scale of before, the time that a request takes would be hours.
  expect((await post('', { mode: 'real' })).body).toMatchObject({ mode: 'real', scale: 1 });
});

test.each([
  ['', { mode: 'real', now: '2031-01-01T00:00:00Z' }, /cannot be set/],
  ['', { mode: 'jumping', now: '2029-01-01T00:00:00Z' }, /forward only/],
  ['', { mode: 'jumping', scale: 2 }, /scale/],
  ['', { mode: 'scaled', scale: 0 }, /above 0/],
  ['', { mode: 'sideways' }, /real.*scaled.*jumping/],
  ['/jump', { to: 'tomorrow' }, /ISO 8601/],
])('POST %s %j is refused', async (path, body, why) => {
  await clockAt(begin);
  const answer = await post(path, body);
  expect(answer.status).toBe(400);
  expect(answer.body['detail']).toMatch(why);
});

test('a clock that is not jumping does not jump', async () => {
  await clockAt(begin, 'scaled');
  expect((await post('/jump', {})).body['detail']).toMatch(/'scaled' does not jump/);
});

test('under a real clock a process is left alone', async () => {
  server = await startClockServer({ now: () => new Date(), setTimer: () => ({ cancel: () => undefined }) });
  const one = follower(
    `import { followedClock } from '${processClock}';
     import { types } from 'node:util';
     console.log(followedClock() === undefined && !types.isProxy(Date));`,
    'one',
  );
  expect(await one.line()).toBe('true');
});
