import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Checkpoints } from '../../src/durable/engine/checkpoints.js';
import { TaskHub } from '../../src/durable/hub/hub.js';
import { historyOf, storedInstance } from '../../src/durable/hub/instance.js';
import type { HubRecord } from '../../src/durable/hub/records.js';
import { openFileJournal } from '../../src/store/fileJournal.js';
import type { Journal } from '../../src/store/journal.js';
import { EngineUnderTest, type TestApp } from './engineUnderTest.js';

const seconds = (time: Date, count: number): Date => new Date(time.getTime() + count * 1000);

/** An app that uses what the engine has: activities with retries, children, timers, events, entities, continueAsNew. */
function busyApp(): TestApp {
  const attempts = new Map<unknown, number>();
  return {
    activities: {
      say: (name) => `hello ${String(name)}`,
      // Fails once for each key, also when a killed host's attempt was the first.
      flaky: (key) => {
        const count = (attempts.get(key) ?? 0) + 1;
        attempts.set(key, count);
        if (count === 1) throw new Error('first attempt');
        return 'at last';
      },
    },
    entities: {
      Counter({ df }) {
        const next = (df.getState(() => 0) as number) + Number(df.getInput() ?? 0);
        df.setState(next);
        df.return(next);
      },
    },
    orchestrators: {
      *main({ df }) {
        const id = { name: 'Counter', key: 'k' };
        const all = yield df.Task.all([
          df.callActivity('say', 'a'),
          df.callSubOrchestrator('child', 3, `${df.instanceId}-child`),
          df.callActivity('say', 'b'),
        ]);
        const tried = yield df.callActivityWithRetry(
          'flaky',
          { firstRetryIntervalInMilliseconds: 1000, maxNumberOfAttempts: 5 },
          df.instanceId,
        );
        yield df.createTimer(seconds(df.currentUtcDateTime, 30));
        df.setCustomStatus('waiting');
        const event = yield df.waitForExternalEvent('go');
        const count = yield df.callEntity(id, 'add', 1);
        return { all, tried, event, counted: typeof count };
      },
      *child({ df }) {
        const count = Number(df.getInput());
        yield df.callActivity('say', count);
        if (count > 0) {
          df.continueAsNew(count - 1);
          return undefined;
        }
        return 'child done';
      },
    },
  };
}

const expected = {
  all: ['hello a', 'child done', 'hello b'],
  tried: 'at last',
  event: { n: 1 },
  counted: 'number',
};

async function run(engine: EngineUnderTest): Promise<void> {
  await engine.start('main', 'one', { a: 1 });
  await engine.raise('one', 'go', { n: 1 });
}

describe('a kill between any two records', () => {
  it('leaves work that a restart completes with the same result', async () => {
    const first = new EngineUnderTest(busyApp());
    await run(first);
    expect(await first.output('one')).toEqual(expected);
    expect(first.records.length).toBeGreaterThan(20);

    // The first two records are the start and the event, which the client has confirmation of.
    for (let count = 2; count <= first.records.length; count += 1) {
      const again = new EngineUnderTest(busyApp(), { hub: first.hubAfter(count) });
      expect(await again.output('one'), `after ${count} of ${first.records.length} records`).toEqual(expected);
      expect((await again.ended('one-child'))['output']).toBe('child done');
    }
  });

  it('repeats no recorded turn', async () => {
    const first = new EngineUnderTest(busyApp());
    await run(first);
    await first.output('one');

    const again = new EngineUnderTest(busyApp(), { hub: first.hubAfter(first.records.length) });
    await again.runUntilIdle();
    expect(again.app.invocations).toEqual([]);
    expect(again.records).toEqual([]);
  });

  it('keeps histories exactly', async () => {
    const first = new EngineUnderTest(busyApp());
    await run(first);
    await first.output('one');
    const hub = first.hubAfter(first.records.length);

    for (const [id, instance] of first.hub.instances) {
      const recovered = hub.instances.get(id);
      expect(recovered === undefined ? undefined : historyOf(recovered)).toEqual(historyOf(instance));
    }
  });
});

/** Everything persistent of a hub, comparable. */
const contents = (hub: TaskHub): unknown =>
  [...hub.instances.values()].map((instance) => JSON.stringify(storedInstance(instance))).toSorted();

describe('a checkpoint', () => {
  it('that is written between other records, in any order, replaces all earlier ones', async () => {
    const engine = new EngineUnderTest(busyApp());
    await run(engine);
    await engine.start('main', 'two', null);
    await engine.raise('two', 'go', { n: 1 });
    await engine.output('one');
    await engine.output('two');
    const records = engine.records.map((record) => JSON.parse(record) as HubRecord);

    fc.assert(
      fc.property(fc.nat(records.length), fc.array(fc.nat(20), { minLength: 8, maxLength: 8 }), (at, gaps) => {
        const live = new TaskHub();
        const kept: HubRecord[] = [];
        let waiting: string[] | undefined;
        let next = 0;
        const checkpoint = (): void => {
          const id = waiting?.shift();
          const instance = id === undefined ? undefined : live.instances.get(id);
          if (instance !== undefined)
            kept.push(JSON.parse(JSON.stringify({ k: 'checkpoint', s: storedInstance(instance) })) as HubRecord);
        };
        for (const [index, record] of records.entries()) {
          if (index === at) waiting = [...live.instances.keys()];
          if (waiting !== undefined && index >= at + (gaps[next % gaps.length] ?? 0)) {
            checkpoint();
            next += 1;
          }
          live.apply(structuredClone(record), index + 1);
          if (index >= at) kept.push(structuredClone(record));
        }
        waiting ??= [...live.instances.keys()];
        while (waiting.length > 0) checkpoint();
        const recovered = new TaskHub();
        for (const [index, record] of kept.entries()) recovered.apply(record, index + 1);
        expect(contents(recovered)).toEqual(contents(live));
      }),
      { numRuns: 60 },
    );
  });
});

/**
 * Waits until nothing more happens without time: activities and entities continue once what they depend on is on disk.
 * @param before number of the journal's last record before the engine was started
 */
async function untilStill(engine: EngineUnderTest, journal: Journal, before = 0): Promise<void> {
  let written: number;
  do {
    written = engine.records.length;
    await journal.durable(before + written);
    await engine.runUntilIdle();
  } while (engine.records.length > written);
}

describe('a journal on disk', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hub-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('lets work continue after a restart, and has the same state after compaction', async () => {
    const first = await openFileJournal(folder, () => {});
    const engine = new EngineUnderTest(busyApp(), { journal: first });
    await run(engine);
    await engine.advance(5_000);
    await untilStill(engine, first);
    await engine.engine.stop();
    await first.close();
    const hub = new TaskHub();
    const journal = await openFileJournal(folder, (payload, seq) => hub.apply(JSON.parse(payload) as HubRecord, seq));
    expect(contents(hub)).toEqual(contents(engine.hub));

    const before = journal.bytes;
    const checkpoints = new Checkpoints(hub, journal, () => expect.unreachable(), 1);
    checkpoints.look();
    await checkpoints.stop();
    await journal.close();
    const compacted = new TaskHub();
    let last = 0;
    const second = await openFileJournal(folder, (payload, seq) => {
      compacted.apply(JSON.parse(payload) as HubRecord, seq);
      last = seq;
    });
    expect(contents(compacted)).toEqual(contents(hub));
    expect(second.bytes).toBeLessThan(before);

    const again = new EngineUnderTest(busyApp(), { hub: compacted, journal: second });
    while (again.instance('one').status !== 'Completed') {
      await again.advance(60_000);
      await untilStill(again, second, last);
    }
    expect(await again.output('one')).toEqual(expected);
    await again.engine.stop();
    await second.close();
  });
});
