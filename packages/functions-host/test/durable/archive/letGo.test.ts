import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { WorkQueue } from '../../../src/durable/engine/workQueue.js';
import { EngineOnDisk, eager, shortApp } from './storeUnderTest.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Whether something is still referred to: a weak reference keeps it until the current turn of the event loop has ended.
 */
async function isHeld(reference: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return reference.deref() !== undefined;
}

describe('an instance that has ended and is in the archive', () => {
  let folder: string;
  let engine: EngineOnDisk;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'let-go-'));
    const app = shortApp();
    engine = await EngineOnDisk.open(
      folder,
      {
        ...app,
        orchestrators: {
          ...app.orchestrators,
          *givesUp({ df }) {
            const timer = df.createTimer(new Date(df.currentUtcDateTime.getTime() + 86_400_000));
            yield df.Task.any([timer, df.waitForExternalEvent('go')]);
            timer.cancel();
            return yield df.callActivity('say', 'end');
          },
        },
      },
      eager,
    );
  });
  afterEach(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const referTo = (id: string): WeakRef<object> => {
    const instance = engine.hub.instances.get(id);
    if (instance === undefined) throw new Error(`no instance ${id} in memory`);
    return new WeakRef(instance);
  };

  it('is not held by a timer that was cancelled and is not due yet, nor by work that was done', async () => {
    await engine.start('givesUp', 'one');
    await engine.goOn();
    const reference = referTo('one');
    expect(await isHeld(reference)).toBe(true);
    await engine.raise('one', 'go', 'on');
    await engine.untilArchived('one');

    expect(engine.clock.now().getTime()).toBeLessThan(Date.parse('2026-01-01T12:00:00Z'));
    expect(await isHeld(reference)).toBe(false);
  });
});

describe('a work queue', () => {
  it('holds nothing of work that it has begun, also while other work waits', async () => {
    const queue = new WorkQueue(1);
    let finish = (): void => undefined;
    const reference = (() => {
      const subject = { name: 'an instance' };
      queue.add(async () => void subject.name);
      return new WeakRef(subject);
    })();
    queue.add(() => new Promise((resolve) => (finish = () => resolve())));
    queue.add(() => Promise.resolve());

    expect(await isHeld(reference)).toBe(false);
    finish();
    await queue.stop();
  });
});
