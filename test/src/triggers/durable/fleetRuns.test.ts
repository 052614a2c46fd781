import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { CHECK } from '../../../../src/domain/check/checkRun.js';
import { countRuns, lastRuns } from '../../../../src/domain/fleet/runBriefs.js';
import { ONBOARD, REVOKE } from '../../../../src/domain/operations/run.js';
import { START_WHEN_FREE, waitingInstance } from '../../../../src/domain/operations/waitingRun.js';
import { FleetRuns } from '../../../../src/triggers/durable/fleetRuns.js';
import {
  instancePages,
  type InstancePages,
  type InstanceQuery,
} from '../../../../src/triggers/durable/instancePages.js';
import { runOf } from '../../fakes/answers/fleetAnswers.js';
import { REGISTRY } from '../../fakes/answers/requests.js';
import { referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { FakeDurableClient, type Instance } from '../../fakes/durable/durableClient.js';
import { listingContext, listingFetch } from '../../fakes/durable/engineListing.js';

const NOW = new Date('2026-03-01T12:30:00.000Z');
const ENDED_AT = '2026-03-01T12:20:00.000Z';
const keyOf = (nth: number) => clientKey(referenceOf(nth));

let engine: FakeDurableClient;
let asked: InstanceQuery[];
let pages: InstancePages;
let runs: FleetRuns;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  engine = new FakeDurableClient();
  vi.stubGlobal('fetch', listingFetch(engine));
  asked = [];
  const all = instancePages(listingContext());
  pages = (query) => {
    asked.push(query);
    return all(query);
  };
  runs = new FleetRuns([REGISTRY]);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const hold = (nth: number, changes: Partial<Instance> = {}) =>
  engine.instances.set(keyOf(nth), { name: ONBOARD, input: runOf(nth), runtimeStatus: 'Running', ...changes });
const ended = (status: string, code?: string): Partial<Instance> => ({
  runtimeStatus: 'Completed',
  output: {
    status,
    endedAt: ENDED_AT,
    steps: [],
    ...(code === undefined ? {} : { failure: { code, message: 'm', residue: [], kept: [] } }),
  },
});
const read = () => runs.read(pages, engine.client);

describe('the runs of a fleet', () => {
  test('are known by client, in progress and ended', async () => {
    hold(0);
    hold(1, ended('rolledBack', 'pull-check-deadline'));
    hold(2, ended('completed'));
    engine.instances.set('@client@x', { name: '@client', input: {}, runtimeStatus: 'Running' });
    await read();
    const last = lastRuns(runs.runs);
    expect([0, 1, 2, 3].map((nth) => last.get(keyOf(nth))?.status)).toEqual([
      'running',
      'rolledBack',
      'completed',
      undefined,
    ]);
    expect(last.get(keyOf(1))).toMatchObject({ code: 'pull-check-deadline', endedAt: ENDED_AT, kind: 'onboard' });
    expect(countRuns(runs.runs, NOW)).toEqual({
      inProgress: { onboard: 1, offboard: 0, rotate: 0, revoke: 0, check: 0 },
      failures: { since: '2026-02-28T12:30:00.000Z', total: 1, byCode: { 'pull-check-deadline': 1 } },
    });
  });

  test('count failures of the last day only', async () => {
    hold(1, ended('failed', 'internal'));
    await read();
    expect(countRuns(runs.runs, new Date('2026-03-02T12:20:00.000Z')).failures.total).toBe(1);
    expect(countRuns(runs.runs, new Date('2026-03-02T12:20:00.001Z')).failures.total).toBe(0);
  });

  test('are seen to end, by one read of each that is in progress no more', async () => {
    for (const nth of [0, 1, 2]) hold(nth);
    await read();
    const before = runs.version;
    engine.reads = 0;
    hold(1, ended('completed'));
    engine.instances.delete(keyOf(2));
    // The engine lists by creation: what began before the last reading is not listed again.
    pages = withoutOld(pages);
    await read();
    expect(engine.reads).toBe(2);
    expect(runs.version).toBeGreaterThan(before);
    const last = lastRuns(runs.runs);
    expect([0, 1, 2].map((nth) => last.get(keyOf(nth))?.status)).toEqual(['running', 'completed', undefined]);
  });

  test('cost two listings of each kind of run while nothing happens, and change nothing', async () => {
    hold(0, ended('completed'));
    await read();
    const { version } = runs;
    asked.length = 0;
    vi.advanceTimersByTime(10_000);
    await read();
    expect(runs.version).toBe(version);
    const prefixes = ['myregistry-', 'wn-', 'wf-', 'wr-', 'rv-', 'ck-'];
    expect(asked).toEqual([
      ...prefixes.map((prefix) => ({ prefix, top: 250, createdFrom: '2026-03-01T12:28:00.000Z' })),
      ...prefixes.map((prefix) => ({ prefix, top: 250, runtimeStatuses: ['Pending', 'Running', 'Suspended'] })),
    ]);
    expect(engine.reads).toBe(0);
  });

  test('are listed without the engine’s entities, which count as running and have their states as inputs', async () => {
    hold(0);
    for (const name of ['@client@x', '@binder@x', '@rolloutpiece@x-0'])
      engine.instances.set(name, { name: name.slice(0, 7), input: runOf(1), runtimeStatus: 'Running' });
    const listed: string[] = [];
    const list = listingFetch(engine);
    vi.stubGlobal('fetch', async (...asking: Parameters<typeof fetch>) => {
      const answer = await list(...asking);
      const found = (await answer.clone().json()) as { instanceId: string }[];
      listed.push(...found.map(({ instanceId }) => instanceId));
      return answer;
    });
    await read();
    expect(new Set(listed)).toEqual(new Set([keyOf(0)]));
  });

  test('are those of checks, too', async () => {
    const input = { ...runOf(0), request: { registries: [REGISTRY] } };
    engine.instances.set('ck-all', { name: CHECK, input, runtimeStatus: 'Running' });
    await read();
    expect(countRuns(runs.runs, NOW).inProgress.check).toBe(1);
  });

  test('that began and ended before the clock was set back are found after it', async () => {
    const createdSince = () =>
      new Set(asked.flatMap(({ createdFrom }) => (createdFrom === undefined ? [] : [createdFrom])));
    vi.setSystemTime(NOW.getTime() + 3_600_000);
    await read();
    vi.setSystemTime(NOW.getTime() + 60_000);
    asked.length = 0;
    await read();
    expect(createdSince()).toEqual(new Set(['2026-02-28T12:28:00.000Z']));
    expect(asked).toContainEqual({ prefix: expect.any(String) as string, top: 250 });
    asked.length = 0;
    await read();
    expect(createdSince()).toEqual(new Set(['2026-03-01T12:29:00.000Z']));
  });

  test('of the past come in by and by, and are forgotten when they are purged', async () => {
    const old = { createdTime: '2026-02-01T12:00:00Z' };
    for (let nth = 0; nth < 6000; nth += 1) hold(nth, { ...ended('completed'), ...old });
    pages = withoutOld(pages);
    await read();
    // Twenty pages of the past at a time.
    expect(lastRuns(runs.runs).size).toBe(5000);
    await read();
    expect(lastRuns(runs.runs).size).toBe(6000);
    for (let nth = 0; nth < 3000; nth += 1) engine.instances.delete(keyOf(nth));
    vi.advanceTimersByTime(3_500_000);
    await read();
    expect(lastRuns(runs.runs).size).toBe(6000);
    vi.advanceTimersByTime(200_000);
    await read();
    expect(lastRuns(runs.runs).size).toBe(3000);
  });

  test('count once as long as they wait and after they have started', async () => {
    const input = runOf(0, 'mm7k3q8w00k2v9x2');
    const waiting = waitingInstance('onboard', referenceOf(0));
    engine.instances.set(waiting, {
      name: START_WHEN_FREE,
      input: { ...input, kind: 'onboard', preempts: false },
      runtimeStatus: 'Running',
    });
    hold(0, { input: { ...runOf(0), requestedAt: '2026-02-01T00:00:00.000Z' } });
    await read();
    expect(countRuns(runs.runs, NOW).inProgress.onboard).toBe(2);
    hold(0, { input });
    await read();
    expect(countRuns(runs.runs, NOW).inProgress.onboard).toBe(1);
    engine.instances.set(waiting, {
      name: START_WHEN_FREE,
      input: { ...input, kind: 'onboard', preempts: false },
      runtimeStatus: 'Completed',
      output: { status: 'completed', endedAt: ENDED_AT, steps: [], startedAs: `${keyOf(0)}.${input.run}` },
    });
    await read();
    expect(countRuns(runs.runs, NOW).inProgress.onboard).toBe(1);
    expect([...runs.runs]).toHaveLength(1);
  });

  test('show a revocation beside the run that it stopped', async () => {
    hold(0, ended('rolledBack', 'cancelled'));
    engine.instances.set('rv-0123456789abcdef-mm7k3q8w00k2v9x9', {
      name: REVOKE,
      input: runOf(0, 'mm7k3q8w00k2v9x9'),
      runtimeStatus: 'Running',
    });
    await read();
    expect(lastRuns(runs.runs).get(keyOf(0))).toMatchObject({ kind: 'revoke', status: 'running' });
  });
});

/** As the engine answers: an instance that was created earlier than `createdFrom` is not listed. */
function withoutOld(all: InstancePages): InstancePages {
  return async (query) => {
    if (query.createdFrom !== undefined) {
      asked.push(query);
      return { runs: [] };
    }
    return all(query);
  };
}
