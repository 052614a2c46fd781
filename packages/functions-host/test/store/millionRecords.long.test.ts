import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import { eventRaised } from '../../src/durable/history.js';
import { TaskHub } from '../../src/durable/hub/hub.js';
import type { HubRecord } from '../../src/durable/hub/records.js';
import { openFileJournal } from '../../src/store/fileJournal.js';
import { EngineUnderTest } from '../durable/engineUnderTest.js';

const seconds = (time: Date, count: number): Date => new Date(time.getTime() + count * 1000);

/** Records of one orchestration of five activities that waits for an event then, as the engine writes them. */
async function recordsOfOne(): Promise<string> {
  const engine = new EngineUnderTest({
    activities: { nothing: () => ({ done: true }) },
    orchestrators: {
      *waits({ df }) {
        for (let step = 0; step < 5; step += 1) yield df.callActivity('nothing', { step });
        yield df.createTimer(seconds(df.currentUtcDateTime, 3600));
        return yield df.waitForExternalEvent('go');
      },
    },
  });
  await engine.start('waits', 'INSTANCE', { a: 1 });
  await engine.runUntilIdle();
  expect(engine.records.length).toBe(12);
  return JSON.stringify(engine.records.map((record) => JSON.parse(record) as HubRecord));
}

/** The same record with other numbers of messages. */
function shifted(record: HubRecord, by: number): HubRecord {
  if (record.k === 'start' || record.k === 'message') return { ...record, m: { ...record.m, n: record.m.n + by } };
  if (record.k !== 'turn') return record;
  return { ...record, in: record.in.map((one) => (typeof one === 'number' ? one + by : one)) };
}

it('a journal of a million records recovers every instance unchanged', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'million-'));
  try {
    const template = await recordsOfOne();
    const numbers = [...template.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
    const perInstance = Math.max(...numbers);
    const journal = await openFileJournal(folder, () => expect.unreachable());
    const waiting = 20_000;
    const signals = 1_000_000 - waiting * 12;
    let last = 0;
    for (let index = 0; index < waiting; index += 1) {
      const own = JSON.parse(template.replaceAll('INSTANCE', `instance-${index}`)) as HubRecord[];
      for (const record of own) last = journal.append(JSON.stringify(shifted(record, index * perInstance)));
      if (index % 500 === 0) await journal.durable(last);
    }
    // Messages that nobody has taken.
    const at = new Date(0).toISOString();
    for (let index = 0; index < signals; index += 1) {
      const i = `instance-${index % waiting}`;
      const n = waiting * perInstance + index + 1;
      last = journal.append(JSON.stringify({ k: 'message', i, m: { n, e: eventRaised('other', `${index}`, at) } }));
      if (index % 5000 === 0) await journal.durable(last);
    }
    await journal.close();
    expect(last).toBe(1_000_000);

    const hub = new TaskHub();
    let read = 0;
    const began = performance.now();
    const again = await openFileJournal(folder, (payload, seq) => {
      read += 1;
      hub.apply(JSON.parse(payload) as HubRecord, seq);
    });
    const took = performance.now() - began;
    await again.close();

    expect(read).toBe(1_000_000);
    expect(hub.instances.size).toBe(waiting);
    for (const index of [0, 1, 9_999, waiting - 1]) {
      const instance = hub.instances.get(`instance-${index}`);
      expect(instance?.status).toBe('Running');
      expect(instance?.history.filter(({ EventType }) => EventType === 5)).toHaveLength(5);
      expect(instance?.timers.size).toBe(1);
      expect(instance?.inbox).toHaveLength(signals / waiting);
    }
    expect(hub.nextMessageNumber()).toBe(waiting * perInstance + signals + 1);
    const { size } = await stat(path.join(folder, 'journal-000001.log'));
    console.log(`${(size / 1e6).toFixed(0)} MB read back in ${(took / 1000).toFixed(1)} s`);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
