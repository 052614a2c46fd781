import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { realClock } from '../src/clock.js';
import { startClockServer, type ClockServer } from '../src/server.js';

let server: ClockServer;
beforeAll(async () => (server = await startClockServer(realClock())));
afterAll(() => server.close());

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });

test('GET tells mode, time and scale', async () => {
  const before = Date.now();
  const answer = await fetch(server.url);
  const state = z.object({ mode: z.string(), now: z.string(), scale: z.number() }).parse(await answer.json());
  expect(state).toMatchObject({ mode: 'real', scale: 1 });
  expect(Date.parse(state.now)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(state.now)).toBeLessThanOrEqual(Date.now());
});

test('real time can be asked for', async () => {
  expect((await post('', { mode: 'real' })).status).toBe(200);
});

test.each([
  [{ mode: 'jumping' }, /real time only/],
  [{ mode: 'real', scale: 60 }, /cannot be set/],
  [{ mode: 'real', now: '2030-01-01T00:00:00Z' }, /cannot be set/],
  [{}, /mode/],
  ['real', /object/],
])('%j is refused with a problem that says why', async (body, why) => {
  const answer = await post('', body);
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const problem = z.object({ status: z.literal(400), detail: z.string() }).parse(await answer.json());
  expect(problem.detail).toMatch(why);
});

test('a process registers, and again with newer news', async () => {
  await post('/processes', { name: 'host', idle: false, nextDue: null });
  const answer = await post('/processes', { name: 'host', idle: true, nextDue: '2030-01-01T00:00:00Z' });
  expect(await answer.json()).toMatchObject({
    processes: [{ name: 'host', idle: true, nextDue: '2030-01-01T00:00:00Z' }],
  });
  expect((await post('/processes', { name: 'host', idle: 'yes' })).status).toBe(400);
});

test('another path or method is a 404', async () => {
  expect((await fetch(server.url, { method: 'DELETE' })).status).toBe(404);
  expect((await fetch(`${server.url}/x`)).status).toBe(404);
});
