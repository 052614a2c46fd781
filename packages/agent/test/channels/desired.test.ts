import { expect, test } from 'vitest';
import { createDesired } from '../../src/channels/iotHub/desired.js';
import { PULL_CHECK_REQUESTED } from '@connected-registry/protocol/messages/pullCheckMessages';

const pullCheckOf = (desired: ReturnType<typeof createDesired>) =>
  desired.events().find(({ type }) => type === PULL_CHECK_REQUESTED)?.data;

test('a change is merged into the known properties, and null removes a property', () => {
  const desired = createDesired();

  expect(desired.whole({ desired: { connectedRegistry: { pullCheck: { a: 1, b: 1 } }, $version: 4 } })).toBe(true);
  expect(desired.changed({ connectedRegistry: { pullCheck: { b: 2 } }, $version: 5 }, 5)).toBe(true);
  expect(pullCheckOf(desired)).toEqual({ a: 1, b: 2 });

  desired.changed({ connectedRegistry: { pullCheck: null }, $version: 6 }, 6);
  expect(desired.events()).toEqual([]);
});

test('a change after a missed one is refused, because the whole twin is needed', () => {
  const desired = createDesired();
  desired.whole({ desired: { connectedRegistry: { pullCheck: { a: 1 } }, $version: 4 } });
  expect(desired.changed({ connectedRegistry: { pullCheck: { a: 3 } } }, 6)).toBe(false);
  expect(pullCheckOf(desired)).toEqual({ a: 1 });
});

test('a change that the twin already contains, or that comes before the twin, has no effect', () => {
  const desired = createDesired();
  expect(desired.changed({ connectedRegistry: { pullCheck: { a: 0 } } }, 3)).toBe(true);
  expect(desired.events()).toEqual([]);

  desired.whole({ desired: { connectedRegistry: { pullCheck: { a: 1 } }, $version: 4 } });
  expect(desired.changed({ connectedRegistry: { pullCheck: { a: 0 } } }, 4)).toBe(true);
  expect(pullCheckOf(desired)).toEqual({ a: 1 });
});

test.each([undefined, {}, { desired: {} }, { desired: { $version: 'x' } }, []])('%j is not a valid twin', (value) => {
  expect(createDesired().whole(value)).toBe(false);
});
