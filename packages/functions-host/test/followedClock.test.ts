import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, describe, expect, it } from 'vitest';

import { startClockServer, type ClockServer } from '@connected-registry/clock/server';
import { TimelineClock, timelineFrom } from '@connected-registry/clock/timelineClock';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { makeApp, type AppFolder } from './appFolder.js';

const begin = Date.parse('2030-01-01T00:00:00Z');
const day = 24 * 3600 * 1000;
const app = `
const { app } = require('@azure/functions');
const df = require('durable-functions');
df.app.activity('today', { handler: () => ({ date: new Date().toISOString().slice(0, 10) }) });
df.app.orchestration('sleeper', function* (context) {
  const until = new Date(context.df.currentUtcDateTime.getTime() + 10 * ${day});
  yield context.df.createTimer(until);
  return (yield context.df.callActivity('today', {})).date;
});
df.app.orchestration('fraction', function* (context) {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 3_600_900));
});
const runs = [];
app.timer('daily', { schedule: '0 30 6 * * *', handler: () => { runs.push(new Date().toISOString().slice(0, 16)); } });
app.http('runs', { authLevel: 'anonymous', handler: () => ({ jsonBody: runs }) });
`;

let clock: ClockServer | undefined;
let folder: AppFolder | undefined;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  await clock?.close();
  await folder?.remove();
});

/** A host that follows the clock, in a process of its own. */
async function startHost({ appDir, dataDir }: AppFolder, clockUrl: string, flags: string[] = []): Promise<string> {
  const child = spawn(
    process.execPath,
    ['--import', pathToFileURL(compiled('clock/preload.js')).href, compiled('functions-host/main.js')].concat(
      ['--app', appDir, '--data', dataDir, '--port', '0'],
      flags,
    ),
    { env: { PATH: process.env['PATH'], LOCAL_CLOCK_URL: clockUrl }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  children.push(child);
  if (child.stdout === null) throw new Error('A child with a piped stdout has one.');
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('HOST READY ')) return line.slice('HOST READY '.length);
  throw new Error('the host ended before it served');
}

interface Driven {
  /** Moves the clock; without a time to what is due next. */
  readonly jump: (to?: number) => Promise<void>;
  readonly durable: (route: string, method?: string) => Promise<Record<string, unknown>>;
}

/** A clock at `begin`, and the app's folder. */
async function clockAndApp(): Promise<{ clock: ClockServer; folder: AppFolder }> {
  clock = await startClockServer(new TimelineClock(timelineFrom(begin, 1)));
  folder = await makeApp({ 'index.cjs': app });
  return { clock, folder };
}

async function drive(url: string): Promise<Driven> {
  const keys = JSON.parse(await readFile(path.join(folder?.dataDir ?? '', 'keys.json'), 'utf8')) as { durable: string };
  return {
    jump: async (to) => {
      const body = JSON.stringify(to === undefined ? {} : { to: new Date(to).toISOString() });
      const answer = await fetch(`${clock?.url ?? ''}/jump`, { method: 'POST', body });
      expect({ status: answer.status, text: await answer.text() }).toMatchObject({ status: 200 });
    },
    durable: async (route, method = 'GET') => {
      const query = `${route.includes('?') ? '&' : '?'}code=${keys.durable}`;
      const answer = await fetch(`${url}/runtime/webhooks/durabletask/${route}${query}`, { method });
      return (await answer.json()) as Record<string, unknown>;
    },
  };
}

describe('a host that follows a jumping clock', () => {
  it('lets days pass in milliseconds: ten-day durable timers and daily timers, also across a kill', async () => {
    const { clock, folder } = await clockAndApp();
    const url = await startHost(folder, clock.url);
    const { jump, durable } = await drive(url);
    await durable('orchestrators/sleeper/ten-days', 'POST');
    await jump(begin + 4 * day + day / 2);
    expect(await durable('instances/ten-days')).toMatchObject({ runtimeStatus: 'Running' });
    const mornings = (await (await fetch(`${url}/api/runs`)).json()) as string[];
    expect(mornings).toEqual(['01', '02', '03', '04', '05'].map((date) => `2030-01-${date}T06:30`));

    const [child] = children.splice(0);
    if (child === undefined) throw new Error('A host was started.');
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    const again = await drive(await startHost(folder, clock.url));
    await again.jump(begin + 9 * day + day / 2);
    expect(await again.durable('instances/ten-days')).toMatchObject({ runtimeStatus: 'Running' });
    await again.jump(begin + 11 * day);
    expect(await again.durable('instances/ten-days')).toMatchObject({
      runtimeStatus: 'Completed',
      output: '2030-01-11',
      createdTime: expect.stringMatching(/^2030-01-01T00:/) as string,
    });
  });

  it.each([
    [[], -5000, 0],
    [['--early-timers'], 300, 999],
  ])('with flags %j fires a timer between %i and %i ms early', async (flags, min, max) => {
    const { clock, folder } = await clockAndApp();
    const { jump, durable } = await drive(await startHost(folder, clock.url, flags));
    await durable('orchestrators/fraction/early', 'POST');
    let status: Record<string, unknown> = {};

    while (status['runtimeStatus'] !== 'Completed') {
      await jump();
      status = await durable('instances/early?showHistory=true');
    }
    const events = status['historyEvents'] as { EventType: string; FireAt?: string; Timestamp: string }[];
    const fired = events.find(({ EventType }) => EventType === 'TimerFired');
    const early = Date.parse(fired?.FireAt ?? '') - Date.parse(fired?.Timestamp ?? '');

    expect(early).toBeGreaterThanOrEqual(min);
    expect(early).toBeLessThanOrEqual(max);
  });
});
