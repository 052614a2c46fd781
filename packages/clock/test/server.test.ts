import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { realClock, type Clock } from '../src/clock.js';
import { startClockServer, type ClockServer } from '../src/server.js';

const NOW = '2030-01-01T00:00:00.000Z';
/** A clock that is served as a real one, and whose time the test knows. */
const clock: Clock = { ...realClock(), now: () => new Date(NOW) };

let server: ClockServer;
beforeAll(async () => (server = await startClockServer(clock)));
afterAll(() => server.close());

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });

test('GET /clock returns mode, time and scale', async () => {
  const answer = await fetch(server.url);

  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ mode: 'real', now: NOW, scale: 1, processes: [] });
});

test('POST /clock accepts mode real', async () => {
  expect((await post('', { mode: 'real' })).status).toBe(200);
});

test.each([
  [{ mode: 'jumping' }, /real time only/],
  [{ mode: 'real', scale: 60 }, /cannot be set/],
  [{ mode: 'real', now: '2030-01-01T00:00:00Z' }, /cannot be set/],
  [{}, /mode/],
  ['real', /object/],
])('POST /clock refuses %j with a problem that gives the reason', async (body, reason) => {
  const answer = await post('', body);
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');

  const problem = z.object({ status: z.literal(400), detail: z.string() }).parse(await answer.json());
  expect(problem.detail).toMatch(reason);
});

test('a later registration of a process replaces the earlier one', async () => {
  await post('/processes', { name: 'host', idle: false, nextDue: null });
  const answer = await post('/processes', { name: 'host', idle: true, nextDue: '2030-01-01T00:00:00Z' });

  expect(await answer.json()).toMatchObject({
    processes: [{ name: 'host', idle: true, nextDue: '2030-01-01T00:00:00Z' }],
  });
  expect((await post('/processes', { name: 'host', idle: 'yes' })).status).toBe(400);
});

test('an unknown path or method is answered with 404', async () => {
  expect((await fetch(server.url, { method: 'DELETE' })).status).toBe(404);
  expect((await fetch(`${server.url}/x`)).status).toBe(404);
});
