import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InvocationContext, Timer } from '@azure/functions';
import { purgeEndedRuns } from '../../../src/triggers/timer/purgeEndedRuns.js';
import { FakeDurableClient, type Instance } from '../fakes/durable/durableClient.js';
import { onboardingRun } from '../fakes/answers/requests.js';

const NOW = new Date('2026-03-31T02:37:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000).toISOString();

interface Listed extends Instance {
  readonly instanceId: string;
  readonly lastUpdatedTime: string;
}
const listed = (instanceId: string, changes: Partial<Listed> = {}): Listed => ({
  instanceId,
  name: 'onboard',
  input: onboardingRun(),
  runtimeStatus: 'Completed',
  lastUpdatedTime: daysAgo(31),
  ...changes,
});

let engine: FakeDurableClient;
/** The engine's pages, and what was asked of it. */
let pages: Listed[][];
let asked: { url: URL; continuation: string | null }[];
let lines: Record<string, unknown>[];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  engine = new FakeDurableClient();
  [pages, asked, lines] = [[], [], []];
  vi.stubGlobal('fetch', async (url: URL, { headers }: { headers: Record<string, string> }) => {
    const continuation = headers['x-ms-continuation-token'] ?? null;
    asked.push({ url, continuation });
    const nth = Number(continuation ?? 0);
    const next = nth + 1 < pages.length ? { 'x-ms-continuation-token': String(nth + 1) } : {};
    return new Response(JSON.stringify(pages[nth] ?? []), { headers: next });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function purge(...all: Listed[][]): Promise<string[]> {
  pages = all;
  for (const one of all.flat()) if (!engine.instances.has(one.instanceId)) engine.instances.set(one.instanceId, one);
  const input = { type: 'durableClient', name: 'client' };
  const binding = {
    rpcBaseUrl: 'http://127.0.0.1:17071/durabletask/',
    managementUrls: { id: 'INSTANCEID', statusQueryGetUri: 'http://localhost/instances/INSTANCEID' },
  };
  const context = {
    options: { extraInputs: [input] },
    extraInputs: { get: () => binding },
    log: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  } as unknown as InvocationContext;
  await purgeEndedRuns(30)({} as Timer, engine.client, context);
  return engine.purged;
}

describe('the daily purge', () => {
  test('purges runs that ended long ago, however they ended, with an audit line for each', async () => {
    const ends = ['Completed', 'Failed', 'Terminated', 'Canceled'];
    const all = ends.map((runtimeStatus) => listed(runtimeStatus.toLowerCase(), { runtimeStatus }));
    expect(await purge(all)).toEqual(ends.map((end) => end.toLowerCase()));
    expect(lines.slice(0, -1)).toEqual(
      ends.map((end) => ({
        audit: 'run.purge.succeeded',
        actor: 'timer',
        resource: end.toLowerCase(),
        operation: `${end.toLowerCase()}.${onboardingRun().run}`,
      })),
    );
    expect(lines.at(-1)).toMatchObject({ event: 'runs.purged', purged: 4, failed: 0, complete: true });
  });

  test('counts from the end of a run, exact to the second', async () => {
    const all = [
      listed('long', { lastUpdatedTime: daysAgo(29) }),
      listed('just', { lastUpdatedTime: daysAgo(30) }),
      listed('gone', { lastUpdatedTime: new Date(Date.parse(daysAgo(30)) - 1000).toISOString() }),
    ];
    expect(await purge(all)).toEqual(['gone']);
  });

  test('purges how the clients of a profile were started, and counts it as failed if the engine refuses', async () => {
    const profile = { name: 'onboardProfile', input: { plan: {}, rows: [] } };
    engine.instances.set('profile-running', { ...listed('profile-running', profile), runtimeStatus: 'Running' });
    expect(await purge([listed('profile-ended', profile), listed('profile-running', profile)])).toEqual([
      'profile-ended',
    ]);
    expect(lines).toMatchObject([
      { audit: 'run.purge.succeeded', resource: 'profile-ended' },
      { event: 'runs.purgeError', resource: 'profile-running', name: 'Error' },
      { audit: 'run.purge.failed', resource: 'profile-running', reason: 'engine' },
      { event: 'runs.purged', purged: 1, failed: 1 },
    ]);
  });

  test('keeps running instances, instances of other apps, and entities', async () => {
    const all = [
      listed('running', { runtimeStatus: 'Running' }),
      listed('pending', { runtimeStatus: 'Pending' }),
      listed('foreign', { input: { some: 'thing' } }),
      listed('@binder@key', { name: '@binder', input: '{"exists":true,"state":"{}"}' }),
    ];
    expect(await purge(all)).toEqual([]);
  });

  test('lists only ended instances, in bounded pages, one after the other', async () => {
    expect(await purge([listed('first')], [], [listed('last')])).toEqual(['first', 'last']);
    expect(asked.map(({ continuation }) => continuation)).toEqual([null, '1', '2']);
    for (const { url } of asked)
      expect(Object.fromEntries(url.searchParams)).toMatchObject({
        top: '100',
        runtimeStatus: 'Completed,Failed,Terminated,Canceled',
        createdTimeTo: daysAgo(30),
      });
  });

  test('keeps the instance of a client that has started a new run since the listing', async () => {
    engine.instances.set('busy', listed('busy', { input: { ...onboardingRun(), run: 'run0000000000002' } }));
    expect(await purge([listed('busy'), listed('quiet')])).toEqual(['quiet']);
    expect(lines.at(-1)).toMatchObject({ purged: 1, kept: 1, failed: 0 });
  });

  test('purges a rollout with all that its entities keep, and the claims of its clients', async () => {
    const plan = { id: 'mm7ft4w000ab3cd9', rows: 501 };
    const instance = `rollout-${plan.id}`;
    expect(await purge([listed(instance, { name: 'rollout', input: { plan } })])).toEqual([instance]);
    const by = { operation: `${instance}.${plan.id}`, actor: 'timer' };
    const dropped = [`@rolloutpiece@${plan.id}-0`, `@rolloutpiece@${plan.id}-1`, `@rolloutcontrol@${plan.id}`];
    expect(engine.signals.map((one) => ({ ...one, entity: one.entity.toLowerCase() }))).toEqual([
      { entity: '@rolloutclaims@all', operation: 'release', input: { rollout: plan.id, by } },
      ...dropped.map((entity) => ({ entity, operation: 'drop', input: { by } })),
    ]);
    expect(lines).toMatchObject([{ audit: 'rollout.purge.succeeded', resource: instance }, { purged: 1 }]);
  });

  test('keeps a rollout that has been started again since the listing', async () => {
    const rollout = listed('rollout-x', { name: 'rollout', input: { plan: { id: 'x', rows: 1 } } });
    engine.instances.set('rollout-x', { ...rollout, runtimeStatus: 'Running' });
    expect(await purge([rollout])).toEqual([]);
    expect([engine.signals, lines.at(-1)]).toMatchObject([[], { kept: 1 }]);
  });

  test('continues if the engine refuses one', async () => {
    engine.onRead = (nth) => {
      if (nth === 1) throw new Error('The operation failed with an unexpected status code: 500. Details: "secret"');
    };
    expect(await purge([listed('first'), listed('second')])).toEqual(['second']);
    expect(lines).toMatchObject([
      { event: 'runs.purgeError', actor: 'timer', resource: 'first', name: 'Error' },
      { audit: 'run.purge.failed', resource: 'first', reason: 'engine' },
      { audit: 'run.purge.succeeded', resource: 'second' },
      { purged: 1, failed: 1 },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test.each([
    ['a run', listed('first')],
    ['a rollout', listed('first', { name: 'rollout', input: { plan: { id: 'x', rows: 1 } } })],
    ['a profile', listed('first', { name: 'onboardProfile', input: { plan: {}, rows: [] } })],
  ])('tells a fault of the app from a refusal of the engine, and logs where it is: %s', async (_what, instance) => {
    const fault = () => {
      throw new TypeError('"secret" is not a function');
    };
    engine.onRead = fault;
    engine.client.purgeInstanceHistory = fault;
    expect(await purge([instance])).toEqual([]);
    expect(lines).toMatchObject([
      { event: 'runs.purgeError', resource: 'first', name: 'TypeError' },
      { audit: expect.stringMatching(/\.purge\.failed$/), resource: 'first', reason: 'internal' },
      { purged: 0, failed: 1 },
    ]);
    expect(lines[0]?.['frames']).toContainEqual(expect.stringContaining('purgeEndedRuns.ts'));
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('ends in time, and logs that more remain', async () => {
    engine.onRead = () => void vi.advanceTimersByTime(150_000);
    expect(await purge([listed('first')], [listed('second')], [listed('third')])).toEqual(['first', 'second']);
    expect(lines.at(-1)).toMatchObject({ purged: 2, complete: false });
  });

  test('fails if the listing fails, so that the host reports it', async () => {
    vi.stubGlobal('fetch', async () => new Response('', { status: 503 }));
    await expect(purge([listed('first')])).rejects.toThrow('503');
    expect(engine.purged).toEqual([]);
  });
});
