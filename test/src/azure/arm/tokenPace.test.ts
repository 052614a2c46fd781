import { expect, test } from 'vitest';
import { createTokenPace } from '../../../../src/azure/arm/tokenPace.js';

/** A creation that is done by its nth poll. Its polls end when they are released. */
class Creation {
  polls = 0;
  isDone = false;
  readonly operationState = {
    config: { resourceLocation: 'https://arm/tokens/a', operationLocation: 'https://arm/op' },
  };
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly doneBy: number,
    private readonly isHeld = false,
  ) {
    this.isDone = doneBy === 0;
  }
  async submitted(): Promise<void> {}
  async poll(): Promise<void> {
    this.polls += 1;
    if (this.isHeld) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.isDone = this.polls >= this.doneBy;
  }
  async pollUntilDone(): Promise<void> {}
  release(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

const TEN = () => 10;

test('a creation that the first answer shows as done is not polled', async () => {
  const creation = new Creation(0);
  expect(await createTokenPace()(creation, TEN)).toEqual({});
  expect(creation.polls).toBe(0);
});

test('a service that is done at the first poll is polled once for each creation, and the resource is never read', async () => {
  const pace = createTokenPace(() => 0);
  const creations = Array.from({ length: 5 }, () => new Creation(1));
  expect(await Promise.all(creations.map((one) => pace(one, TEN)))).toEqual([{}, {}, {}, {}, {}]);
  expect(creations.map(({ polls }) => polls)).toEqual([1, 1, 1, 1, 1]);
  for (const { operationState } of creations) expect(operationState.config).not.toHaveProperty('resourceLocation');
});

test('of creations that begin together one is polled; if it is not done, all wait as long as the service says', async () => {
  const pace = createTokenPace(() => 0);
  const creations = Array.from({ length: 5 }, () => new Creation(2, true));
  const made = Promise.all(creations.map((one) => pace(one, () => 7)));
  await new Promise((resolve) => setImmediate(resolve));
  creations[0]?.release();
  expect(await made).toEqual(creations.map(() => ({ readyInSeconds: 7 })));
  expect(creations.map(({ polls }) => polls)).toEqual([1, 0, 0, 0, 0]);
});

test('waits ten seconds when the service names no time', async () => {
  expect(await createTokenPace()(new Creation(2), () => undefined)).toEqual({ readyInSeconds: 10 });
});

test('a minute after the service was slow, one creation tries again', async () => {
  let now = 0;
  const pace = createTokenPace(() => now);
  await pace(new Creation(2), TEN);
  const early = new Creation(1);
  now = 59_000;
  expect(await pace(early, TEN)).toEqual({ readyInSeconds: 10 });
  const late = new Creation(1);
  now = 61_000;
  expect(await pace(late, TEN)).toEqual({});
  expect([early.polls, late.polls]).toEqual([0, 1]);
});

test('a poll that fails fails its own creation only', async () => {
  const pace = createTokenPace(() => 0);
  const broken = new Creation(1);
  broken.poll = () => Promise.reject(new Error('503'));
  const first = pace(broken, TEN);
  const second = pace(new Creation(1), TEN);
  await expect(first).rejects.toThrow('503');
  expect(await second).toEqual({});
});
