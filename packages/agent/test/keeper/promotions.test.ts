import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR, KeeperUnderTest, promotion } from './keeperUnderTest.js';

let tested: KeeperUnderTest;
beforeEach(() => {
  tested = new KeeperUnderTest();
});
afterEach(() => tested.keeper.stop());

describe('a promoted credential', () => {
  test('is given to the consumers, then acknowledged', async () => {
    tested.save('v1', 'first');
    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect(tested.written).toEqual([
      {
        secret: 'device-1',
        credentials: { endpoint: 'edge:8000', username: 'token', password: 'first' },
        takeOver: true,
      },
    ]);
    expect(tested.acknowledged).toMatchObject([{ operation: 'onboard-hello.run1', version: 'v1' }]);
    expect(tested.delivered).toEqual(['v1']);
    expect(tested.log.join()).not.toMatch(/first|key-of-the-report/);
  });

  test('is not acknowledged before its consumers have it', async () => {
    tested.save('v1', 'first');
    tested.consumerFailure = 'the disk is full';

    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect([tested.acknowledged, tested.delivered]).toEqual([[], []]);
    expect(tested.keeper.health()).toMatchObject({ secretsKept: 0, secretsFailing: 1 });

    tested.consumerFailure = undefined;
    await tested.advance(30);

    expect(tested.acknowledged).toHaveLength(1);
    expect(tested.keeper.health()).toMatchObject({ secretsKept: 1, secretsFailing: 0 });
  });

  test('is not acknowledged if its message has no report key', async () => {
    tested.save('v1', 'first');
    tested.keeper.promoted(promotion('v1', { reportKey: undefined }));
    await tested.untilIdle();
    expect(tested.passwords()).toEqual(['first']);
    expect([tested.acknowledged, tested.delivered]).toEqual([[], ['v1']]);
  });

  test('is read by its version while the vault still returns the previous one as the newest', async () => {
    tested.save('v1', 'old');
    tested.save('v2', 'new');
    tested.isStale = true;

    tested.keeper.promoted(promotion('v2'));
    await tested.untilIdle();

    expect(tested.passwords()).toEqual(['new']);

    await tested.advance(6 * HOUR);
    expect(tested.passwords()).toEqual(['new', 'new']);
  });

  test('of an older version delivers the newest one, and acknowledges that', async () => {
    tested.save('v1', 'old');
    tested.save('v2', 'new');

    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect(tested.passwords()).toEqual(['new']);
    expect(tested.acknowledged).toMatchObject([{ version: 'v2' }]);
  });

  test('whose version is no longer readable still delivers the newest one', async () => {
    tested.save('v2', 'new');
    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();
    expect(tested.acknowledged).toMatchObject([{ version: 'v2' }]);
  });

  test('that follows another ends the acknowledgement of the previous one', async () => {
    tested.save('v1', 'first');
    tested.keepAcknowledgementsOpen();

    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect(tested.keeper.health()).toMatchObject({ acknowledgementsOpen: 1 });

    tested.save('v2', 'second');
    tested.keeper.promoted(promotion('v2', { operation: 'rotate.run2' }));
    await tested.untilIdle();

    expect(tested.acknowledged.map(({ operation, signal }) => [operation, signal.aborted])).toEqual([
      ['onboard-hello.run1', true],
      ['rotate.run2', false],
    ]);
    expect(tested.keeper.health()).toMatchObject({ acknowledgementsOpen: 1 });
  });

  test('is not lost if it comes while another is being written', async () => {
    tested.save('v1', 'first');
    tested.keeper.promoted(promotion('v1'));
    tested.save('v2', 'second');

    tested.keeper.promoted(promotion('v2', { operation: 'rotate.run2' }));
    await tested.untilIdle();

    expect(tested.passwords().at(-1)).toBe('second');
    expect(tested.acknowledged.at(-1)).toMatchObject({ operation: 'rotate.run2', version: 'v2' });
  });

  test('has no effect without consumers', async () => {
    tested.configure({ consumers: [] });
    tested.save('v1', 'first');
    tested.keeper.start();

    tested.keeper.promoted(promotion('v1'));
    await tested.untilIdle();

    expect([tested.reads, tested.acknowledged, tested.clock.pending()]).toEqual([[], [], []]);
  });

  test('that is repeated has one acknowledgement in progress', async () => {
    tested.save('v1', 'first');
    tested.keepAcknowledgementsOpen();

    for (let n = 0; n < 3; n += 1) {
      tested.keeper.promoted(promotion('v1'));
      await tested.untilIdle();
    }

    expect(tested.acknowledged).toHaveLength(1);
  });

  test('names a secret regardless of case, as the vault does', async () => {
    tested.save('v1', 'first');
    tested.keeper.promoted(promotion('v1', { secret: { name: 'DEVICE-1', version: 'v1' } }));

    tested.keeper.promoted(promotion('v1', { secret: { name: 'Device-1', version: 'v1' } }));
    await tested.untilIdle();

    expect(new Set(tested.written.map(({ secret }) => secret))).toEqual(new Set(['device-1']));
    expect(tested.keeper.health().secretsKept).toBe(1);
  });
});
