import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DueHeap } from '../../src/durable/engine/heap.js';
import { WorkQueue } from '../../src/durable/engine/workQueue.js';
import { hostJsonOf } from '../../src/config/hostJson.js';
import { entityOf, isSchedulerId, schedulerId } from '../../src/durable/entityId.js';
import { deterministicGuid } from '../../src/durable/guid.js';
import { EndedInstances } from '../../src/durable/hub/endedInstances.js';
import { packHistory, packedText, type PackedHistory } from '../../src/durable/hub/packedHistory.js';
import { turnMark } from '../../src/durable/history.js';
import { DurableSettingsError, durableSettings } from '../../src/durable/settings.js';
import { compareVersions } from '../../src/durable/versions.js';

describe('the queue of due items', () => {
  it('returns them by time, and equal times in order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const heap = new DueHeap<[number, number]>();
        for (const [index, time] of times.entries()) heap.push(time, [time, index]);
        const out: [number, number][] = [];
        for (let next = heap.take(100); next !== undefined; next = heap.take(100)) out.push(next);
        expect(out).toEqual(
          times.map((time, index): [number, number] => [time, index]).sort((a, b) => a[0] - b[0] || a[1] - b[1]),
        );
      }),
    );
  });

  it('keeps them until their time', () => {
    const heap = new DueHeap<string>();
    heap.push(10, 'late');

    expect(heap.take(9)).toBeUndefined();
    expect(heap.take(10)).toBe('late');
  });
});

describe('a work queue', () => {
  it('runs at most its limit at a time, in order, and completes running work before it stops', async () => {
    const queue = new WorkQueue(2);
    const began: number[] = [];
    let running = 0;
    let max = 0;
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (let index = 0; index < 5; index += 1)
      queue.add(async () => {
        began.push(index);
        running += 1;
        max = Math.max(max, running);
        await gate;
        running -= 1;
      });
    const stopped = queue.stop();
    release();
    await stopped;

    expect(began).toEqual([0, 1]);
    expect(max).toBe(2);
    expect(running).toBe(0);
  });
});

describe('the order of versions', () => {
  it.each([
    ['1.0', '1.0', 0],
    ['1.10', '1.9', 1],
    ['1.0', '1.0.1', -1],
    [null, '0.1', -1],
    ['0.1', null, 1],
    [null, '', 0],
    ['beta', 'alpha', 1],
    ['ALPHA', 'alpha', 0],
  ])('of %s and %s is right', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});

describe('ids of entities', () => {
  it('contain the name in lower case, and the key unchanged', () => {
    expect(schedulerId({ name: 'Counter', key: 'A@b' })).toBe('@counter@A@b');
    expect(entityOf('@Counter@A@b')).toEqual({ name: 'counter', key: 'A@b' });
  });

  it('need both signs', () => {
    expect(['@a@b', '@a@', '@a', 'a@b@c'].map(isSchedulerId)).toEqual([true, true, false, false]);
  });
});

describe('GUIDs made of names', () => {
  it('are of version 5 and the same each time', () => {
    const guid = deterministicGuid('one_2026-01-01T00:00:00.000Z_0');

    expect(guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(deterministicGuid('one_2026-01-01T00:00:00.000Z_0')).toBe(guid);
    expect(deterministicGuid('one_2026-01-01T00:00:00.000Z_1')).not.toBe(guid);
  });
});

describe('histories of ended instances', () => {
  it('are compressed when many more have ended, and read the same', () => {
    const ended = new EndedInstances<{ packed: PackedHistory | undefined }>();
    const history = Array.from({ length: 50 }, () => turnMark(12, '2026-01-01T00:00:00.000Z'));
    const instances = Array.from({ length: 2500 }, () => ({ packed: packHistory(history) as PackedHistory }));
    for (const instance of instances) ended.add(instance);

    expect(instances.filter(({ packed }) => typeof packed !== 'string')).toHaveLength(1500);
    expect(ended.oldest(2500)).toEqual(instances);
    expect(new Set(instances.map(({ packed }) => packedText(packed)))).toEqual(new Set([JSON.stringify(history)]));
    expect(instances[0]?.packed.length).toBeLessThan(JSON.stringify(history).length / 5);
  });
});

describe('settings of host.json', () => {
  const settings = (durableTask: object): ReturnType<typeof durableSettings> =>
    durableSettings(hostJsonOf({ version: '2.0', extensions: { durableTask } }), { earlyTimers: false });

  it('have the defaults of the real host', () => {
    expect(settings({})).toMatchObject({
      hubName: 'TestHubName',
      maxActions: 100_000,
      defaultVersion: null,
      versionMatchStrategy: 'currentOrOlder',
      versionFailureStrategy: 'reject',
    });
  });

  it('are read regardless of case', () => {
    expect(settings({ versionMatchStrategy: 'STRICT', maxConcurrentActivityFunctions: 7 })).toMatchObject({
      versionMatchStrategy: 'strict',
      maxActivities: 7,
    });
    expect(settings({ overridableExistingInstanceStates: 'AnyState' }).notOverridable.size).toBe(0);
  });

  it.each([
    [{ maxConcurrentActivityFunctions: 0 }, 'maxConcurrentActivityFunctions must be a positive whole number'],
    [{ versionMatchStrategy: 'newest' }, 'versionMatchStrategy must be one of none, strict, currentOrOlder'],
  ])('with an invalid value are refused by name', (durableTask, text) => {
    expect(() => settings(durableTask)).toThrow(DurableSettingsError);
    expect(() => settings(durableTask)).toThrow(text);
  });
});
