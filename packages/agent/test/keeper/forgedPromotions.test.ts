import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR, KeeperUnderTest, promotion } from './keeperUnderTest.js';

let tested: KeeperUnderTest;
beforeEach(() => {
  tested = new KeeperUnderTest();
});
afterEach(() => tested.keeper.stop());

describe('forged promotions', () => {
  const OURS = { managedBy: 'connected-registry-onboarding', registry: 'myregistry' };
  const tagged = (client: string, connectedRegistry = 'myconnectedregistry') => ({
    ...OURS,
    client,
    connectedRegistry,
  });

  test('of five hundred missing secrets do not keep a valid one out, and are forgotten', async () => {
    for (let at = 0; at < 500; at += 1) {
      tested.keeper.promoted(promotion('v1', { secret: { name: `bogus-${at}`, version: 'v1' } }));
    }
    tested.save('v1', 'first');

    tested.keeper.promoted(promotion('v1'));
    expect(tested.log.at(-1)).toContain('the maximum of 500 is reached');
    await tested.untilIdle();

    expect(tested.passwords()).toEqual(['first']);

    for (const wait of [30, 60, 120]) await tested.advance(wait);
    expect(tested.passwords()).toEqual(['first']);
    expect(tested.keeper.health()).toMatchObject({ secretsKept: 1, secretsFailing: 0 });
  });

  test('of five hundred secrets that failed give up their places at once', async () => {
    for (let at = 0; at < 500; at += 1) {
      tested.keeper.promoted(promotion('v1', { secret: { name: `bogus-${at}`, version: 'v1' } }));
    }
    await tested.untilIdle();
    tested.save('v1', 'first');

    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect(tested.passwords()).toEqual(['first']);
  });

  describe('of five hundred secrets in work', () => {
    /** Promotes secrets whose reads have not ended yet. */
    const occupyAllPlaces = () => {
      for (let at = 0; at < 500; at += 1) {
        tested.keeper.promoted(promotion('v1', { secret: { name: `other-${at}`, version: 'v1' } }));
      }
    };
    const operations = () => tested.acknowledged.map(({ operation }) => operation);

    test('give a place to the promotion that waits as soon as one of them fails', async () => {
      occupyAllPlaces();
      tested.save('v1', 'first');
      tested.keeper.promoted(promotion('v1'));
      await tested.untilIdle();

      expect(operations()).toEqual(['onboard-hello.run1']);
      expect(tested.keeper.health()).toMatchObject({ secretsKept: 1, secretsFailing: 499 });
    });

    test('give their places to those that wait in the order of their arrival', async () => {
      occupyAllPlaces();
      for (const name of ['device-1', 'device-2', 'device-3']) {
        tested.save('v1', name, name);
        tested.keeper.promoted(promotion('v1', { secret: { name, version: 'v1' } }));
      }
      await tested.untilIdle();

      expect(tested.passwords()).toEqual(['device-1', 'device-2', 'device-3']);
    });

    test('let all promotions of one secret wait, and each of its client is acknowledged once', async () => {
      occupyAllPlaces();
      tested.save('v1', 'first', 'device-1', tagged('device-1'));
      for (const operation of ['one', 'two']) tested.keeper.promoted(promotion('v1', { operation }));
      tested.keeper.promoted(promotion('v1', { client: 'device-2', operation: 'forged' }));
      await tested.untilIdle();
      tested.keeper.promoted(promotion('v1', { operation: 'three' }));
      await tested.untilIdle();

      expect(operations().toSorted()).toEqual(['one', 'three', 'two']);
    });

    test('give a place to a secret that a consumer remembers', async () => {
      tested.remembered = () => Promise.resolve(['device-1']);
      tested.save('v1', 'first');
      occupyAllPlaces();
      tested.keeper.start();
      await tested.untilIdle();

      expect(tested.passwords()).toEqual(['first']);
    });
  });

  test('never take more places than there are', async () => {
    for (let at = 0; at < 501; at += 1) {
      tested.keeper.promoted(promotion('v1', { secret: { name: `other-${at}`, version: 'v1' } }));
    }
    await tested.untilIdle();

    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect(tested.keeper.health()).toMatchObject({ secretsKept: 0, secretsFailing: 500 });
  });

  test.each([
    ['client', tagged('device-2')],
    ['client, in other letters', tagged('Device-1')],
    ['connected registry', tagged('device-1', 'anotherregistry')],
  ])('of a secret that belongs to another %s are neither delivered nor acknowledged', async (_case, tags) => {
    tested.save('v1', 'first', 'device-1', tags);
    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect([tested.passwords(), tested.acknowledged, tested.delivered]).toEqual([[], [], []]);
    expect(tested.keeper.health()).toMatchObject({ secretsKept: 0, secretsFailing: 0 });
    expect(tested.log.join()).toContain('to another client');
  });

  test('that name another client do not stop the deliveries of a secret to its own client', async () => {
    tested.save('v1', 'first', 'device-1', tagged('device-1', 'MyConnectedRegistry'));
    tested.keeper.promoted(promotion('v1'));

    tested.keeper.promoted(promotion('v1', { client: 'device-2' }));
    await tested.untilIdle();

    expect(tested.acknowledged).toMatchObject([{ operation: 'onboard-hello.run1' }]);

    tested.keeper.promoted(promotion('v1', { client: 'device-2' }));
    await tested.untilIdle();
    tested.save('v2', 'second', 'device-1', tagged('device-1'));
    await tested.advance(6 * HOUR);

    expect(tested.passwords().at(-1)).toBe('second');
    expect(tested.log.join()).toContain('promotion refused');
  });

  describe('with the right client and secret', () => {
    const forged = (n: number, version = `v${n + 100}`) =>
      promotion(version, { operation: `forged.run${n}`, keyId: `f${n}`, reportKey: 'not-the-key' });
    const going = () => tested.acknowledged.filter(({ signal }) => !signal.aborted).map(({ operation }) => operation);
    beforeEach(() => {
      tested.save('v1', 'first');
      tested.keepAcknowledgementsOpen();
    });

    test('do not end an acknowledgement in progress, however many come', async () => {
      tested.keeper.promoted(promotion('v1'));
      await tested.untilIdle();

      for (let n = 0; n < 40; n += 1) tested.keeper.promoted(forged(n));
      await tested.untilIdle();

      expect(going()).toContain('onboard-hello.run1');
      expect(tested.acknowledged.length).toBeLessThan(20);
    });

    test('do not stop a valid promotion that comes after them', async () => {
      for (let n = 0; n < 40; n += 1) {
        tested.keeper.promoted(forged(n));
        await tested.untilIdle();
      }

      tested.keeper.promoted(promotion('v1'));
      await tested.untilIdle();

      expect(going()).toContain('onboard-hello.run1');
    });

    test('do not replace a promotion that waits until its secret can be read', async () => {
      tested.vault.clear();
      tested.keeper.promoted(promotion('v1'));
      for (let n = 0; n < 40; n += 1) tested.keeper.promoted(forged(n));
      await tested.untilIdle();

      tested.save('v1', 'first');
      await tested.advance(60);

      expect(going()).toContain('onboard-hello.run1');
    });

    test('do not hide a version that a stale replica does not return yet', async () => {
      tested.save('v2', 'second');
      tested.isStale = true;
      tested.keeper.promoted(promotion('v2'));

      tested.keeper.promoted(forged(1));
      await tested.untilIdle();

      expect(tested.passwords().at(-1)).toBe('second');
      expect(going()).toContain('onboard-hello.run1');
    });
  });
});
