import { beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/data/api.js';
import { FaultError } from '../../src/data/fault.js';
import { pauseAfter, Polled } from '../../src/data/polled.js';
import { ManualWorld } from '../fakes/manualWorld.js';

const EVERY = 10_000;

/** An app that answers when a test says so, and counts what it was asked. */
class ManualApp {
  readonly asked: (string | undefined)[] = [];
  #next: ((answer: Promise<Answer<string>>) => void) | undefined;

  readonly read = (etag: string | undefined): Promise<Answer<string>> => {
    this.asked.push(etag);
    return new Promise((resolve) => {
      this.#next = resolve;
    });
  };

  answer(answer: Answer<string>): void {
    this.#next?.(Promise.resolve(answer));
  }

  fail(error: Error): void {
    this.#next?.(Promise.reject(error));
  }
}

let world: ManualWorld;
let app: ManualApp;
let polled: Polled<string>;
beforeEach(() => {
  world = new ManualWorld();
  app = new ManualApp();
  polled = new Polled(world, EVERY, app.read);
});
const state = () => polled.state.value;
const value = (text: string, etag?: string): Answer<string> => ({
  kind: 'value',
  value: text,
  ...(etag === undefined ? {} : { etag }),
});

describe('while somebody looks at it', () => {
  test('is read at once, and again after each pause', async () => {
    polled.watch();
    await world.pass(0);
    app.answer(value('one'));
    await world.pass(0);
    expect(state()).toEqual({ value: 'one', readAt: world.now(), answeredAt: world.now() });
    await world.pass(EVERY - 1);
    expect(app.asked).toHaveLength(1);
    await world.pass(1);
    expect(app.asked).toHaveLength(2);
  });

  test('is not asked for again before it was answered', async () => {
    polled.watch();
    await world.pass(10 * EVERY);
    expect(app.asked).toHaveLength(1);
  });

  test('is not asked for any more when nobody looks, and shown at once to the next who does', async () => {
    const leave = polled.watch();
    polled.watch()();
    await world.pass(0);
    app.answer(value('one'));
    await world.pass(0);
    leave();
    await world.pass(10 * EVERY);
    expect([app.asked.length, world.waiting, world.listening]).toEqual([1, 0, 0]);
    polled.watch();
    expect(state().value).toBe('one');
    await world.pass(0);
    expect(app.asked).toHaveLength(2);
  });

  test('sends the ETag of what it has, and keeps that if the answer says so', async () => {
    polled.watch();
    await world.pass(0);
    app.answer(value('one', 'W/"1"'));
    await world.pass(EVERY);
    app.answer({ kind: 'notModified', ageSeconds: 3 });
    await world.pass(0);
    expect(app.asked).toEqual([undefined, 'W/"1"']);
    expect(state()).toEqual({ value: 'one', readAt: world.now() - 3000, answeredAt: world.now() });
  });

  test('is asked for half as often while nothing changes, and as before after news or an action', async () => {
    const unchanged = async () => {
      app.answer({ kind: 'notModified' });
      await world.pass(0);
    };
    polled.watch();
    await world.pass(0);
    app.answer(value('one', 'W/"1"'));
    await world.pass(EVERY);
    for (let n = 1; n <= 8; n++) {
      await unchanged();
      await world.pass((EVERY * (6 + Math.min(n, 6))) / 6 - 1);
      expect(app.asked).toHaveLength(n + 1);
      await world.pass(1);
      expect(app.asked).toHaveLength(n + 2);
    }
    app.answer(value('two', 'W/"2"'));
    await world.pass(EVERY);
    expect(app.asked).toHaveLength(11);
    for (let n = 0; n < 6; n++) {
      await unchanged();
      await world.pass(2 * EVERY);
    }
    polled.refresh();
    await world.pass(0);
    const asked = app.asked.length;
    await unchanged();
    await world.pass((EVERY * 7) / 6);
    expect(app.asked).toHaveLength(asked + 1);
  });

  test('is as old as the app says', async () => {
    polled.watch();
    await world.pass(0);
    app.answer({ ...value('one'), ageSeconds: 25 });
    await world.pass(0);
    expect(state().readAt).toBe(world.now() - 25_000);
  });
});

describe('while the page is hidden', () => {
  test('nothing is asked for, and at once when it is shown again', async () => {
    world.show(false);
    polled.watch();
    await world.pass(10 * EVERY);
    expect(app.asked).toHaveLength(0);
    world.show(true);
    await world.pass(0);
    expect(app.asked).toHaveLength(1);
    app.answer(value('one'));
    await world.pass(1000);
    world.show(false);
    await world.pass(10 * EVERY);
    expect(app.asked).toHaveLength(1);
    world.show(true);
    await world.pass(0);
    expect(app.asked).toHaveLength(2);
  });

  test('a page that is shown soon after does not ask sooner', async () => {
    polled.watch();
    await world.pass(0);
    app.answer(value('one'));
    await world.pass(1000);
    world.show(false);
    world.show(true);
    await world.pass(EVERY - 1001);
    expect(app.asked).toHaveLength(1);
    await world.pass(1);
    expect(app.asked).toHaveLength(2);
  });
});

describe('after a fault', () => {
  const unreachable = () => new FaultError({ kind: 'unreachable' });

  test('what was read stays, with the fault and when it is tried again', async () => {
    polled.watch();
    await world.pass(0);
    app.answer(value('one'));
    const readAt = world.now();
    await world.pass(EVERY);
    app.fail(unreachable());
    await world.pass(0);
    expect(state()).toEqual({
      value: 'one',
      readAt,
      answeredAt: readAt,
      fault: { kind: 'unreachable' },
      retryAt: world.now() + 5000,
    });
  });

  test('the pauses double, and the first answer ends that', async () => {
    polled.watch();
    await world.pass(0);
    for (const pause of [5000, 10_000, 20_000, 40_000]) {
      const before = app.asked.length;
      app.fail(unreachable());
      await world.pass(pause - 1);
      expect(app.asked).toHaveLength(before);
      await world.pass(1);
      expect(app.asked).toHaveLength(before + 1);
    }
    app.answer(value('one'));
    await world.pass(0);
    expect(state()).toEqual({ value: 'one', readAt: world.now(), answeredAt: world.now() });
    await world.pass(EVERY);
    app.fail(unreachable());
    await world.pass(5000);
    expect(app.asked).toHaveLength(7);
  });

  test('the app may ask for a longer pause', async () => {
    polled.watch();
    await world.pass(0);
    app.fail(new FaultError({ kind: 'unexpected', status: 429 }, 60));
    await world.pass(59_999);
    expect(app.asked).toHaveLength(1);
    await world.pass(1);
    expect(app.asked).toHaveLength(2);
  });

  test('an error of the page itself counts as an answer that it does not know', async () => {
    polled.watch();
    await world.pass(0);
    app.fail(new TypeError('undefined'));
    await world.pass(0);
    expect(state().fault).toEqual({ kind: 'unexpected', status: 0 });
  });
});

test('a slow answer is called slow until it comes', async () => {
  polled.watch();
  await world.pass(3999);
  expect(state().isSlow).toBeUndefined();
  await world.pass(1);
  expect(state().isSlow).toBe(true);
  app.answer(value('one'));
  await world.pass(0);
  expect(state().isSlow).toBeUndefined();
});

test('a slow request that fails is slow no longer', async () => {
  polled.watch();
  await world.pass(5000);
  app.fail(new FaultError({ kind: 'timeout', seconds: 60 }));
  await world.pass(0);
  expect(state()).toMatchObject({ fault: { kind: 'timeout', seconds: 60 } });
  expect(state().isSlow).toBeUndefined();
});

describe('after an action', () => {
  test('is asked for at once', async () => {
    polled.watch();
    await world.pass(0);
    app.answer(value('one'));
    await world.pass(0);
    polled.refresh();
    await world.pass(0);
    expect(app.asked).toHaveLength(2);
  });

  test('is asked for again if the request under way may have been too early', async () => {
    polled.watch();
    await world.pass(0);
    polled.refresh();
    await world.pass(0);
    expect(app.asked).toHaveLength(1);
    app.answer(value('one'));
    await world.pass(0);
    expect(app.asked).toHaveLength(2);
  });

  test('is not asked for if nobody looks', async () => {
    polled.refresh();
    await world.pass(EVERY);
    expect(app.asked).toHaveLength(0);
  });
});

test('is asked for again only when its mark changes', async () => {
  polled.watch();
  await world.pass(0);
  // The first mark comes while the first request is under way.
  expect(polled.refreshFor('a')).toBe(false);
  app.answer(value('one'));
  await world.pass(0);
  expect(polled.refreshFor('a')).toBe(false);
  await world.pass(0);
  expect(app.asked).toHaveLength(1);
  expect(polled.refreshFor('b')).toBe(true);
  await world.pass(0);
  expect(app.asked).toHaveLength(2);
});

test.each([
  [{ every: 5000, failures: 0, random: 0 }, 5000],
  [{ every: 5000, failures: 0, random: 0.5 }, 5500],
  [{ every: 600_000, failures: 0, random: 0 }, 600_000],
  [{ every: 600_000, failures: 1, random: 0 }, 5000],
  [{ every: 2000, failures: 1, random: 0 }, 2000],
  [{ every: 5000, failures: 30, random: 0 }, 300_000],
])('the pause of %j is %d ms', ({ every, failures, random }, pause) => {
  expect(pauseAfter(every, failures, random)).toBe(pause);
});

test.each([
  [30, 30_000],
  [3600, 3_600_000],
  [999_999_999, 3_600_000],
])('an answer that asks for a pause of %d s gets one of %d ms, which a timer of a browser can wait', (asked, pause) => {
  expect(pauseAfter(5000, 1, 0, asked)).toBe(pause);
  expect(pauseAfter(5000, 1, 1, asked)).toBeLessThan(2 ** 31);
});
