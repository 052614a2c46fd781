import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bySchedule } from '../src/sync/schedule.js';
import { PASSWORDS, PULL_TOKEN, startEdgeUnderTest } from './edgeUnderTest.js';
import type { EdgeUnderTest } from './edgeUnderTest.js';
import { SYNC_TOKEN } from './fakeControlPlane.js';
import { basic, requestToken } from './registryCalls.js';

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await startEdgeUnderTest();
});
afterEach(async () => edge.close());

const pulls = async () => (await requestToken(edge, PULL_TOKEN, PASSWORDS.one, 'repository:hello-world:pull')).status;

describe('a sync', () => {
  test('authenticates with the sync token, and reports the known generation', async () => {
    await edge.sync();
    expect(edge.plane.syncs).toEqual([
      expect.objectContaining({
        path: '/gateway/myregistry/myconnectedregistry/sync',
        authorization: basic(SYNC_TOKEN.name, SYNC_TOKEN.password),
        body: {
          dueAt: expect.any(String),
          version: expect.any(String),
          statusDetails: [],
          pushed: [],
          descendants: [],
        },
      }),
      expect.objectContaining({ body: expect.objectContaining({ lastGeneration: '1' }) }),
    ]);
  });

  test.each([503, 401, 403])('that fails with %i keeps the synced state, and is logged once', async (status) => {
    edge.plane.refuseWith = status;
    await edge.sync();
    await edge.sync();

    expect(await pulls()).toBe(200);
    expect(edge.log.filter((line) => line.includes('sync failed'))).toHaveLength(1);

    edge.plane.refuseWith = undefined;
    edge.plane.state.tokens = [];
    await edge.sync();

    expect(await pulls()).toBe(401);
  });

  test('with an invalid answer changes nothing', async () => {
    edge.plane.state.tokens = [{ nonsense: true }] as unknown as typeof edge.plane.state.tokens;
    await edge.sync();

    expect(await pulls()).toBe(200);
    expect(edge.log.join()).toContain('tokens.0.name');
  });

  test('is served after a restart, before the first sync', async () => {
    edge.plane.refuseWith = 503;
    await edge.restart();
    expect(await pulls()).toBe(200);
  });

  test('writes hashes but no passwords to disk, readable by the owner only', async () => {
    const file = join(edge.directory, 'synced-state.json');

    const text = await readFile(file, 'utf8');

    expect(text).toContain(PULL_TOKEN);
    for (const password of [...Object.values(PASSWORDS), SYNC_TOKEN.password]) {
      expect(text).not.toContain(password);
      expect(edge.log.join()).not.toContain(password);
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('the sync schedule', () => {
  const last = new Date('2030-01-01T10:20:30Z');
  const nightly = { schedule: '0 2 * * *', syncWindow: 'PT3H' };
  test.each([
    ['2030-01-01T01:59:00Z', '2030-01-01T02:00:00.000Z'],
    ['2030-01-01T02:00:00Z', '2030-01-01T02:01:00.000Z'],
    ['2030-01-01T04:58:30Z', '2030-01-01T04:59:30.000Z'],
    ['2030-01-01T04:59:00Z', '2030-01-02T02:00:00.000Z'],
    ['2030-01-01T12:00:00Z', '2030-01-02T02:00:00.000Z'],
  ])('with a window has after %s the next sync at %s', (from, next) => {
    expect(bySchedule.next(new Date(from), nightly).toISOString()).toBe(next);
  });

  test.each([
    ['outside its window', '2030-01-01T05:00:00Z', nightly, '2030-01-02T02:00:00.000Z'],
    ['inside its window', '2030-01-01T02:00:00Z', nightly, '2030-01-01T02:00:00.000Z'],
    ['without a window', '2030-01-01T05:00:00Z', { schedule: '* * * * *' }, '2030-01-01T05:00:00.000Z'],
    ['before its activation', '2030-01-01T05:00:00Z', undefined, '2030-01-01T05:00:00.000Z'],
  ])('syncs first at once or when the next window opens: %s', (_case, now, plan, first) => {
    expect(bySchedule.first(new Date(now), plan).toISOString()).toBe(first);
  });

  test.each([
    [undefined, '2030-01-01T10:21:00.000Z'],
    ['* * * * *', '2030-01-01T10:21:00.000Z'],
    ['0 9 * * *', '2030-01-02T09:00:00.000Z'],
  ])('%s has the next sync at %s', (cron, next) => {
    expect(bySchedule.next(last, { schedule: cron }).toISOString()).toBe(next);
  });
});
