import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientNews, Known, NewsLook } from '../../../../src/triggers/news/clientNews.js';
import { ClientWatches } from '../../../../src/triggers/news/clientWatches.js';
import { AFTER_HINT, LONGEST_PAUSE } from '../../../../src/triggers/news/lookPause.js';
import { advance } from '../../fakes/advance.js';

let watches: ClientWatches;
beforeEach(() => {
  vi.useFakeTimers();
  watches = new ClientWatches();
});
afterEach(() => vi.useRealTimers());

/** A client as storage shows it. */
class Client {
  /** From when on there is a message. */
  newsAt = Infinity;
  changedAt: number | undefined;
  /** Milliseconds that a look takes. */
  readTime = 0;
  looks: Known[] = [];
  busy = 0;
  mostBusy = 0;

  constructor(readonly key: string) {}

  readonly look: NewsLook = async (known) => {
    this.looks.push(known);
    this.busy += 1;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    const messages = Date.now() >= this.newsAt ? [{ id: this.key }] : [];
    if (this.readTime > 0) await new Promise((resolve) => setTimeout(resolve, this.readTime));
    this.busy -= 1;
    const changed = this.changedAt === undefined ? {} : { changedAt: this.changedAt };
    return { messages, ...changed } as unknown as ClientNews;
  };
}

const idsIn = (news: readonly ClientNews[]) => news.flatMap(({ messages }) => messages.map(({ id }) => id));
/** What a request for messages of clients is answered, and when. */
function request(clients: readonly Client[], wait: number, signal = new AbortController().signal) {
  const judge = (news: readonly ClientNews[]) => (idsIn(news).length > 0 ? idsIn(news) : undefined);
  return watches.first({ clients, judge, wait, signal }).then((ids) => ({ ids, at: Date.now() }));
}
const forgotten = () => [vi.getTimerCount(), watches.size];

describe('a request that waits', () => {
  test('without a wait looks once at each client', async () => {
    const clients = [new Client('a'), new Client('b')];
    for (const client of clients) client.readTime = 50;
    const answer = request(clients, 0);
    await advance(50);
    expect((await answer).ids).toBeUndefined();
    expect(clients.map(({ looks }) => looks.length)).toEqual([1, 1]);
    expect(forgotten()).toEqual([0, 0]);
  });

  test('is answered with what all of its clients have, once each was looked at', async () => {
    const [a, b] = [new Client('a'), new Client('b')];
    a.newsAt = 0;
    b.newsAt = 0;
    b.readTime = 500;
    const answer = request([a, b], 20_000);
    await advance(500);
    expect((await answer).ids).toEqual(['a', 'b']);
  });

  test('has a hint make its client be looked at soon, and then in growing pauses; other clients not', async () => {
    const [a, b] = [new Client('a'), new Client('b')];
    const answer = request([a, b], 25_000);
    await advance(1000);
    watches.hint('b');
    watches.hint('nobody');
    await advance(AFTER_HINT - 1);
    expect([a.looks.length, b.looks.length]).toEqual([1, 1]);
    await advance(1);
    expect([a.looks.length, b.looks.length]).toEqual([1, 2]);
    b.newsAt = Date.now() + 1;
    // The pauses double, so the look comes after at most as much time as the news took.
    await advance(AFTER_HINT);
    expect((await answer).ids).toEqual(['b']);
    expect(forgotten()).toEqual([0, 0]);
  });

  test('has the record read while a hint is new, and not otherwise', async () => {
    const client = new Client('a');
    const answer = request([client], 25_000);
    await advance(1000);
    watches.hint('a');
    await advance(AFTER_HINT);
    expect(client.looks.map(({ needsRecord }) => needsRecord)).toEqual([false, true]);
    await advance(24_000);
    await answer;
    expect(client.looks.at(-1)?.needsRecord).toBe(false);
  });

  test('looks once more after a hint that came during a look', async () => {
    const client = new Client('a');
    client.readTime = 2000;
    const answer = request([client], 25_000);
    await advance(1000);
    client.newsAt = Date.now();
    watches.hint('a');
    await advance(1000 + AFTER_HINT + 2000);
    expect((await answer).ids).toEqual(['a']);
  });

  test('is not put off by many hints', async () => {
    const client = new Client('a');
    const answer = request([client], 25_000);
    await advance(500);
    client.newsAt = Date.now();
    for (let nth = 0; nth < 30; nth += 1) {
      watches.hint('a');
      await vi.advanceTimersByTimeAsync(10);
    }
    expect((await answer).ids).toEqual(['a']);
  });

  test('fails as its look does, and leaves nothing', async () => {
    const look = () => Promise.reject(new Error('no engine'));
    const signal = new AbortController().signal;
    const answer = watches.first({ clients: [{ key: 'a', look }], judge: () => undefined, wait: 20_000, signal });
    await expect(answer).rejects.toThrow('no engine');
    expect(forgotten()).toEqual([0, 0]);
  });

  test('that is aborted during a look or a pause is answered at once, and leaves no timer', async () => {
    for (const [readTime, before] of [
      [1000, 500],
      [0, 500],
    ] as const) {
      const client = new Client('a');
      client.readTime = readTime;
      const replaced = new AbortController();
      const answer = request([client], 20_000, replaced.signal);
      await advance(before);
      const abortedAt = Date.now();
      replaced.abort();
      expect(await answer).toEqual({ ids: undefined, at: abortedAt });
      // Of a look in progress only its own time is left.
      await advance(readTime);
      expect(forgotten()).toEqual([0, 0]);
    }
  });
});

test('a request is not answered with what was read before it came', async () => {
  const client = new Client('a');
  client.readTime = 100;
  const first = request([client], 5000);
  await advance(50);
  // From now on storage says something else, as when a device's key is replaced. The look in progress has read it
  // before.
  const told: number[] = [];
  const late = watches.first({
    clients: [client],
    judge: (news) => {
      told.push(client.looks.length);
      return idsIn(news).length > 0 ? idsIn(news) : undefined;
    },
    wait: 5000,
    signal: new AbortController().signal,
  });
  client.newsAt = Date.now();
  await advance(100);
  expect(told).toEqual([]);
  await advance(100);
  expect([told, await late, (await first).ids]).toEqual([[2], ['a'], ['a']]);
  expect(forgotten()).toEqual([0, 0]);
});

test('many requests for one client share its looks', async () => {
  const client = new Client('a');
  client.readTime = 100;
  const answers = Array.from({ length: 50 }, () => request([client], 5000));
  await advance(1000);
  // The first has begun one before the others came.
  expect([client.looks.length, vi.getTimerCount()]).toEqual([2, 51]);
  await advance(4000);
  await Promise.all(answers);
  expect(forgotten()).toEqual([0, 0]);
});

test('a thousand clients that wait take few looks, and not all at the same instant', async () => {
  const clients = Array.from({ length: 1000 }, (_, n) => new Client(String(n)));
  const answers = clients.map((client) => request([client], 24_000));
  await advance(0);
  const perSecond: number[] = [];
  const count = () => clients.reduce((sum, { looks }) => sum + looks.length, 0);
  for (let second = 0; second < 24; second += 1) {
    const before = count();
    await vi.advanceTimersByTimeAsync(1000);
    perSecond.push(count() - before);
  }
  await Promise.all(answers);
  expect(count() / clients.length).toBeLessThanOrEqual(5);
  // The first round comes within a fifth of the pause, the third already spread over most of it.
  expect(Math.max(...perSecond.slice(16))).toBeLessThan(500);
});

test('a request that comes during a look for one that has left waits for its end: there is one look at a time', async () => {
  const client = new Client('a');
  client.readTime = 100;
  const ending = new AbortController();
  const gone = request([client], 5000, ending.signal);
  await advance(10);
  ending.abort();
  await gone;
  const late = request([client], 5000);
  client.newsAt = Date.now();
  await advance(190);
  expect([(await late).ids, client.looks.length, client.mostBusy]).toEqual([['a'], 2, 1]);
  expect(forgotten()).toEqual([0, 0]);
});

const step = fc.record({
  after: fc.integer({ min: 0, max: 6000 }),
  what: fc.constantFrom('hint', 'hint another', 'request', 'abort', 'change'),
});

test('no news stays unanswered for longer than the maximum pause and two looks, whatever hints and requests come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.integer({ min: 0, max: 12_000 }),
      fc.integer({ min: 0, max: 700 }),
      async (steps, newsAfter, readTime) => {
        watches = new ClientWatches();
        const client = new Client('a');
        client.readTime = readTime;
        const startedAt = Date.now();
        client.newsAt = startedAt + newsAfter;
        const held = request([client], 40_000);
        const others: { readonly answer: Promise<unknown>; readonly ending: AbortController }[] = [];
        for (const { after, what } of steps) {
          await advance(after);
          if (what === 'hint') watches.hint('a');
          if (what === 'hint another') watches.hint('b');
          if (what === 'change') client.changedAt = Date.now();
          if (what === 'abort') others.at(-1)?.ending.abort();
          if (what !== 'request') continue;
          const ending = new AbortController();
          others.push({ answer: request([client], 20_000, ending.signal), ending });
        }
        await advance(newsAfter + LONGEST_PAUSE + 2 * readTime);
        const { ids, at } = await held;
        expect(ids).toEqual(['a']);
        expect(at - client.newsAt).toBeLessThanOrEqual(LONGEST_PAUSE + 2 * readTime);
        expect(client.mostBusy).toBe(1);
        await advance(20_000 + readTime);
        await Promise.all(others.map(({ answer }) => answer));
        expect(forgotten()).toEqual([0, 0]);
      },
    ),
    { numRuns: 150 },
  );
});
