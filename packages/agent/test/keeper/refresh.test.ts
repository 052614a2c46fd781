import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConsumerFailure } from '../../src/consumers/consumer.js';
import type { Consumer } from '../../src/consumers/consumer.js';
import { HOUR, KeeperUnderTest, promotion } from './keeperUnderTest.js';

let tested: KeeperUnderTest;
beforeEach(() => {
  tested = new KeeperUnderTest();
});
afterEach(() => tested.keeper.stop());

describe('the main secret', () => {
  test('is read again at the refresh interval, and a change is delivered without an event', async () => {
    tested.save('v1', 'first');
    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    tested.save('v2', 'second');
    await tested.advance(6 * HOUR * 0.89);

    expect(tested.passwords()).toEqual(['first']);

    await tested.advance(6 * HOUR * 0.11);

    expect(tested.passwords()).toEqual(['first', 'second']);
    expect(tested.written.at(-1)).toMatchObject({ takeOver: false });
    expect(tested.acknowledged).toHaveLength(1);
  });

  test('is kept from the start if it is listed or if a consumer remembers it', async () => {
    tested.save('v1', 'listed', 'listed-1');
    tested.save('v1', 'before', 'device-1');
    tested.remembered = () => Promise.resolve(['device-1']);
    tested.configure({ listed: ['listed-1', 'device-1'] });

    tested.keeper.start();
    await tested.untilIdle();

    expect(tested.passwords().sort()).toEqual(['before', 'listed']);
    expect(tested.keeper.health().secretsKept).toBe(2);
  });

  test('is kept if a consumer that failed at first remembers it later', async () => {
    tested.save('v1', 'before');
    tested.remembered = () => Promise.reject(new ConsumerFailure('the cluster is just starting'));
    tested.keeper.start();
    await tested.untilIdle();

    tested.remembered = () => Promise.resolve(['device-1']);
    await tested.advance(30);

    expect(tested.passwords()).toEqual(['before']);
  });

  test('that is not on the list is ignored', async () => {
    tested.save('v1', 'first');
    tested.configure({ listed: ['another'] });

    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect([tested.reads, tested.acknowledged]).toEqual([[], []]);
    expect(tested.log.join()).toContain('SECRETS lists others');
  });

  test('that cannot be read is retried with growing pauses of at most an hour', async () => {
    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();
    const waits: number[] = [];

    for (let round = 0; round < 9; round += 1) {
      const [wait = 0] = tested.clock.pending();
      waits.push(wait);
      await tested.advance(wait);
    }
    const base = waits.map((wait) => Math.round(wait / ((waits[0] ?? 1) / 30)));

    expect(base).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);

    tested.save('v1', 'first');
    await tested.advance(3600);
    expect(tested.acknowledged).toHaveLength(1);
  });

  test.each([['no config'], ['{"auths":{}}']])('with %s changes no consumer', async (value) => {
    tested.configure({
      secrets: { read: (name) => Promise.resolve({ name, version: 'v1', createdOn: new Date(), value }) },
    });

    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect([tested.written, tested.acknowledged]).toEqual([[], []]);
    expect(tested.log.join()).toContain('credential not delivered');
  });
});

test('the keeper keeps at most 500 secrets, however many promotions come', async () => {
  for (let at = 0; at < 600; at += 1) {
    tested.save('v1', `password-${at}`, `device-${at}`);
    tested.keeper.promoted(promotion('v1', { secret: { name: `device-${at}`, version: 'v1' } }));
  }
  await tested.untilIdle();

  expect(tested.keeper.health().secretsKept).toBe(500);
  expect(tested.clock.pending()).toHaveLength(500);
  expect(tested.log.filter((line) => line.includes('500 is reached'))).toHaveLength(100);
});

test('a delivery that never ends is abandoned and reported, and does not stop later ones', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let isStuck = true;
    const stuck: Consumer = {
      ...tested.consumer,
      write: (...given) => (isStuck ? new Promise(() => undefined) : tested.consumer.write(...given)),
    };
    tested.configure({ consumers: [stuck] });
    tested.save('v1', 'first');
    tested.keeper.promoted(promotion('v1'));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(tested.keeper.health()).toMatchObject({ secretsHanging: 1, secretsFailing: 1 });
    isStuck = false;
    tested.clock.advance(30);
    await vi.advanceTimersByTimeAsync(1);
    expect(tested.passwords()).toEqual(['first']);
  } finally {
    vi.useRealTimers();
  }
});

test('a stopped keeper has no timer and no work in progress', async () => {
  tested.save('v1', 'first');
  tested.keepAcknowledgementsOpen();
  tested.keeper.promoted(promotion('v1'));
  await tested.untilIdle();

  await tested.keeper.stop();

  expect(tested.clock.pending()).toEqual([]);

  await tested.advance(24 * HOUR);
  expect(tested.passwords()).toEqual(['first']);
});
