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
const start = Date.parse('2030-01-01T00:00:00Z');
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

/** Starts a process that follows the clock and runs `code`. `line` waits for the next line of its standard output. */
function follower(code: string, name: string): { child: ChildProcess; line(): Promise<string> } {
  const child = spawn(process.execPath, ['--import', preload, '--input-type=module', '-e', code], {
    env: { PATH: process.env['PATH'], LOCAL_CLOCK_URL: server?.url, LOCAL_CLOCK_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout === null) throw new Error('The standard output of the child is not piped.');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

/** Code that prints `up`, and then the day whenever one of its timers runs. `days` are counted from the start. */
const printDays = (days: readonly number[]): string => `
  import { processClock } from '${processClock}';
  const clock = processClock();
  const start = ${start};
  for (const day of [${days.join()}])
    clock.setTimer(new Date(start + day * ${day}), () =>
      console.log(\`day \${(Date.now() - start) / ${day} | 0} \${new Date() instanceof Date} \${new Date().toISOString().slice(0, 10)}\`));
  setInterval(() => {}, 1e6);
  console.log('up');
`;

test('a jump stops at every due time on its path', async () => {
  await clockAt(start);
  const one = follower(printDays([1, 400]), 'one');

  expect(await one.line()).toBe('up');

  const end = await post('/jump', { to: new Date(start + 500 * day).toISOString() });
  expect(end).toMatchObject({ status: 200, body: { stops: 2 } });
  expect(await one.line()).toBe('day 1 true 2030-01-02');
  expect(await one.line()).toBe('day 400 true 2031-02-05');
  expect(Date.parse(String(end.body['now']))).toBeGreaterThanOrEqual(start + 500 * day);
});

test('a jump without a time goes to the next due time of any process', async () => {
  await clockAt(start);
  const later = follower(printDays([9]), 'later');
  const sooner = follower(printDays([7]), 'sooner');
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

test('a jump waits for work that one process gives to another, which has already reported that it is idle', async () => {
  await clockAt(start);
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
     processClock().setTimer(new Date(${start + day}), () => fetch('http://127.0.0.1:${port}').then((answer) => answer.text()));
     setInterval(() => {}, 1e6);
     console.log('up');`,
    'asker',
  );
  await asker.line();

  await post('/jump', { to: new Date(start + 3 * day).toISOString() });

  expect(await worker.line()).toBe('a minute later it is 2030-01-02T00:01');
});

test('a busy process stops the jump, which names it', async () => {
  await clockAt(start);
  const busy = follower(
    `import { followedClock } from '${processClock}';
     void followedClock().working(new Promise(() => {}));
     setInterval(() => {}, 1e6);
     console.log('up');`,
    'busy-process',
  );
  await busy.line();

  const end = await post('/jump', { to: new Date(start + day).toISOString(), withinSeconds: 0.3 });

  expect(end).toMatchObject({ status: 409, body: { busy: ['busy-process'] } });
  expect(String(end.body['now'])).toMatch(/^2030-01-01/);
});

test('a jump respects the state and the due time of a process that only registers', async () => {
  await clockAt(start);
  await post('/processes', { name: 'plain', idle: false, nextDue: null });

  expect(await post('/jump', { withinSeconds: 0.2 })).toMatchObject({ status: 409, body: { busy: ['plain'] } });

  await post('/processes', { name: 'plain', idle: true, nextDue: '2030-03-01T00:00:00Z' });
  expect(String((await post('/jump', {})).body['now'])).toMatch(/^2030-03-01T00:00:0/);
});

test('a jump does not wait for a process that has ended', async () => {
  await clockAt(start);
  const one = follower(printDays([1]), 'one');
  await one.line();
  const exit = once(one.child, 'exit');
  one.child.kill('SIGKILL');
  await exit;

  expect(await post('/jump', { to: new Date(start + 5 * day).toISOString() })).toMatchObject({
    status: 200,
    body: { stops: 0 },
  });
});

test('a jump does not stop at a background timer, which runs once its time has passed', async () => {
  await clockAt(start);
  const one = follower(
    `import { processClock } from '${processClock}';
     processClock().setTimer(new Date(${start + day}), () => console.log('synced'), { background: true });
     setInterval(() => {}, 1e6);
     console.log('up');`,
    'one',
  );
  await one.line();

  expect(await post('/jump', { to: new Date(start + 2 * day).toISOString() })).toMatchObject({ body: { stops: 0 } });
  expect(await one.line()).toBe('synced');
});

test('scaled time runs faster for all processes until real time is set again', async () => {
  await clockAt(start);
  const one = follower(printDays([1]), 'one');
  await one.line();

  expect(await post('', { mode: 'scaled', scale: 864_000 })).toMatchObject({ status: 200, body: { scale: 864_000 } });
  expect(await one.line()).toMatch(/^day [1-9]/);

  const now = String((await post('', { mode: 'real' })).body['now']);
  expect(Date.parse(now)).toBeGreaterThan(start + day);
  // The scale of `real` is 1: at the earlier scale, this request would take hours of local time.
  expect((await post('', { mode: 'real' })).body).toMatchObject({ mode: 'real', scale: 1 });
});

test('between jumps, time passes at the pace that is set, and may stand still', async () => {
  await clockAt(start);
  const set = await post('', { mode: 'jumping', scale: 1e-9 });
  expect(set).toMatchObject({ status: 200, body: { mode: 'jumping', scale: 1e-9 } });
  await post('/jump', { to: new Date(start + day).toISOString() });
  const state = () => fetch(server?.url ?? '').then((answer) => answer.json());
  expect(await state()).toMatchObject({ now: new Date(start + day).toISOString(), scale: 1e-9 });
  // Without a scale, the pace stays.
  expect((await post('', { mode: 'jumping' })).body).toMatchObject({ scale: 1e-9 });
  expect((await post('', { mode: 'jumping', scale: 1 })).body).toMatchObject({ scale: 1 });
});

test.each([
  ['', { mode: 'real', now: '2031-01-01T00:00:00Z' }, /cannot be set/],
  ['', { mode: 'jumping', now: '2029-01-01T00:00:00Z' }, /forward only/],
  ['', { mode: 'real', scale: 2 }, /scale/],
  ['', { mode: 'scaled', scale: 0 }, /above 0/],
  ['', { mode: 'sideways' }, /real.*scaled.*jumping/],
  ['/jump', { to: 'tomorrow' }, /ISO 8601/],
])('POST /clock%s refuses %j', async (path, body, reason) => {
  await clockAt(start);

  const answer = await post(path, body);

  expect(answer.status).toBe(400);
  expect(answer.body['detail']).toMatch(reason);
});

test('a clock in another mode than jumping refuses a jump', async () => {
  await clockAt(start, 'scaled');
  expect((await post('/jump', {})).body['detail']).toMatch(/'scaled' does not jump/);
});

test('a process that follows a real clock keeps the machine’s Date', async () => {
  server = await startClockServer({ now: () => new Date(), setTimer: () => ({ cancel: () => undefined }) });
  const one = follower(
    `import { followedClock } from '${processClock}';
     import { types } from 'node:util';
     console.log(followedClock() === undefined && !types.isProxy(Date));`,
    'one',
  );

  expect(await one.line()).toBe('true');
});
