import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startRuns } from '../../../src/bench/ui/steadyRuns.js';

const app = { url: 'http://localhost:7071', key: 'the-key' };
const clients = (count: number) =>
  Array.from({ length: count }, (_, nth) => ({
    registry: 'fleet',
    connectedRegistry: 'site',
    client: `device-${nth}`,
  })).values();

let asked: { at: number; body: unknown }[];
let status: number;
beforeEach(() => {
  [asked, status] = [[], 202];
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (_: string, { body }: { body: string }) => {
    asked.push({ at: performance.now(), body: JSON.parse(body) });
    return Promise.resolve(new Response('refused', { status }));
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('rotations start at an even pace, each of another client', async () => {
  const started = performance.now();
  const wait = (milliseconds: number) => Promise.resolve(vi.advanceTimersByTime(milliseconds));
  expect(await startRuns(clients(100), { app, perMinute: 20, seconds: 12 }, wait)).toBe(4);
  expect(asked.map(({ at }) => Math.round(at - started))).toEqual([0, 3000, 6000, 9000]);
  expect(asked.map(({ body }) => body)).toEqual(
    [0, 1, 2, 3].map((nth) => ({
      clients: [{ registry: 'fleet', connectedRegistry: 'site', client: `device-${nth}` }],
    })),
  );
});

test('a refusal, and a fleet that is too small, end the measurement', async () => {
  status = 409;
  await expect(startRuns(clients(3), { app, perMinute: 60, seconds: 1 })).rejects.toThrow(
    'The app answered 409 to the rotation of device-0: refused',
  );
  await expect(startRuns(clients(0), { app, perMinute: 60, seconds: 1 })).rejects.toThrow('no more clients');
});
