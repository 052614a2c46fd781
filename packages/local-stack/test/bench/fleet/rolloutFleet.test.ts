import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { rolloutFleet } from '../../../src/bench/fleet/rolloutFleet.js';

const SITES = [
  { registry: 'one', connectedRegistry: 'site1' },
  { registry: 'two', connectedRegistry: 'site2' },
];
const counts = { waiting: 0, running: 0, completed: 2, failed: 1, cancelled: 0, planned: 0 };

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** An app that accepts a rollout, and shows the given views of it, the last one again and again. */
async function startApp(views: readonly (Record<string, unknown> | 'refused' | 'cut')[], status = 202) {
  const posted: unknown[] = [];
  const left = [...views];
  server = createServer((request, response) => {
    const answer = async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      if (request.method === 'GET') {
        const view = left.length > 1 ? left.shift() : left[0];
        if (view === 'cut') return response.destroy();
        if (view === 'refused') return response.writeHead(503).end('busy');
        return response.end(JSON.stringify({ id: 'r1', counts, failures: { 'step-deadline': 1 }, ...view }));
      }
      posted.push(JSON.parse(text));
      return response.writeHead(status).end(JSON.stringify({ id: 'r1', status: 'running' }));
    };
    void answer();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
  const app = { url: `http://127.0.0.1:${address.port}`, key: 'key' };
  let accepted = 0;
  const fleet = {
    app,
    clients: 3,
    sites: SITES,
    pass: () => Promise.resolve(),
    say: () => undefined,
    accepted: () => Promise.resolve(void (accepted += 1)),
  };
  return { fleet, posted, accepted: () => accepted };
}

test('all clients are requested in one rollout of one wave, and the time of its end is the end', async () => {
  const { fleet, posted, accepted } = await startApp([{ status: 'completed', endedAt: '2026-01-01T00:00:09Z' }]);

  expect(await rolloutFleet(fleet)).toEqual({
    completed: 2,
    failures: { 'step-deadline': 1 },
    repeated: 0,
    at: Date.parse('2026-01-01T00:00:09Z'),
  });

  expect(accepted()).toBe(1);
  expect(posted).toEqual([
    expect.objectContaining({
      kind: 'onboard',
      waves: { size: 3 },
      failureLimit: { percent: 100, minimum: 10_000 },
      clients: [
        { registry: 'one', connectedRegistry: 'site1', client: 'device-1' },
        { registry: 'two', connectedRegistry: 'site2', client: 'device-2' },
        { registry: 'one', connectedRegistry: 'site1', client: 'device-3' },
      ],
    }),
  ]);
});

test('a rollout that pauses or is refused ends the measurement', async () => {
  const paused = await startApp([{ status: 'running' }, { status: 'paused', reason: 'failure-limit' }]);
  await expect(rolloutFleet(paused.fleet)).rejects.toThrow('The rollout is paused: failure-limit.');
  server?.close();
  const refused = await startApp([{}], 400);
  await expect(rolloutFleet(refused.fleet)).rejects.toThrow('The app answered 400 to the rollout');
  expect(refused.accepted(), 'a clock that stands would stop with it').toBe(0);
});

test('reads that fail do not end the measurement, until twenty in a row have failed', async () => {
  const end = { status: 'completed', endedAt: '2026-01-01T00:00:09Z' };
  const times = (count: number) =>
    Array.from({ length: count }, (_, nth) => (nth % 2 === 0 ? ('refused' as const) : ('cut' as const)));
  const some = await startApp([...times(19), { status: 'running' }, ...times(19), end]);
  expect(await rolloutFleet(some.fleet, 0)).toMatchObject({ completed: 2 });
  server?.closeAllConnections();
  server?.close();
  const all = await startApp([...times(20), end]);
  await expect(rolloutFleet(all.fleet, 0)).rejects.toThrow(/^20 reads in a row have failed/);
});
