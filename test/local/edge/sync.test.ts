import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bySchedule } from '../../../local/edge/sync/schedule.js';
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

describe('the sync', () => {
  test('asks with the sync token, and says what it has', async () => {
    await edge.sync();
    expect(edge.plane.syncs).toEqual([
      expect.objectContaining({
        path: '/gateway/myregistry/myconnectedregistry/sync',
        authorization: basic(SYNC_TOKEN.name, SYNC_TOKEN.password),
        body: {},
      }),
      expect.objectContaining({ body: { lastGeneration: '1' } }),
    ]);
  });

  test.each([503, 401, 403])(
    'refused with %i, leaves the registry on what it has, and is logged once',
    async (status) => {
      edge.plane.refuseWith = status;
      await edge.sync();
      await edge.sync();
      expect(await pulls()).toBe(200);
      expect(edge.log.filter((line) => line.includes('sync failed'))).toHaveLength(1);
      edge.plane.refuseWith = undefined;
      edge.plane.state.tokens = [];
      await edge.sync();
      expect(await pulls()).toBe(401);
    },
  );

  test('with an answer of another form changes nothing', async () => {
    edge.plane.state.tokens = [{ nonsense: true }] as unknown as typeof edge.plane.state.tokens;
    await edge.sync();
    expect(await pulls()).toBe(200);
    expect(edge.log.join()).toContain('tokens.0.name');
  });

  test('is remembered by the next run, which serves before it has synced', async () => {
    edge.plane.refuseWith = 503;
    await edge.restart();
    expect(await pulls()).toBe(200);
  });

  test('keeps hashes on disk and no password, for its owner alone', async () => {
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

describe('the schedule', () => {
  const last = new Date('2030-01-01T10:20:30Z');
  test.each([
    [undefined, '2030-01-01T10:21:00.000Z'],
    ['* * * * *', '2030-01-01T10:21:00.000Z'],
    ['0 9 * * *', '2030-01-02T09:00:00.000Z'],
  ])('%s comes next at %s', (cron, next) => {
    expect(bySchedule(last, cron).toISOString()).toBe(next);
  });
});
