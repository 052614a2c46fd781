import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Channel } from '../../src/channels/channel.js';
import { startPolling } from '../../src/channels/poll.js';
import type { PollOptions } from '../../src/channels/poll.js';
import type { Disposition, Signal } from '../../src/channels/channel.js';
import { CREDENTIAL_PROMOTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { REPORT_KEY, cloudEvent, promotion, request } from '../under-test/agentUnderTest.js';
import { until } from '../under-test/until.js';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let url: string;
let asked: { path: string | undefined; authorization: string | undefined }[];
/** What the app answers, one after another; the last one again and again. */
let answers: Answer[];
let clock: ManualClock;
let taken: Signal[];
let disposition: Disposition;
let scopes: unknown[];
let log: string[];
let channel: Channel | undefined;

beforeEach(async () => {
  [asked, taken, scopes, log] = [[], [], [], []];
  disposition = 'accepted';
  answers = [];
  clock = new ManualClock();
  server = createServer((message, response) => {
    asked.push({ path: message.url, authorization: message.headers.authorization });
    const [next] = answers;
    if (answers.length > 1) answers.shift();
    if (next) next(response, message);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterEach(async () => {
  await channel?.close();
  server.closeAllConnections();
  server.close();
});

function start(changes: Partial<PollOptions> = {}): void {
  channel = startPolling({
    url,
    audience: 'api://onboarding',
    credential: {
      getToken(scope) {
        scopes.push(scope);
        return Promise.resolve({ token: 'entra-token', expiresOnTimestamp: Date.now() + 3_600_000 });
      },
    },
    wait: 25,
    interval: 30_000,
    timeout: 5_000,
    handle(signal) {
      taken.push(signal);
      return disposition;
    },
    clock,
    log: (message, facts) => void log.push(JSON.stringify({ message, ...facts })),
    ...changes,
  });
}

const messages =
  (...all: unknown[]): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ messages: all }));
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('{"title":"entra-token"}');
/** Leaves the request open, as the app does while there is nothing. */
const hold: Answer = () => undefined;

/** Waits for the pause before the next question, and gives it in seconds. */
async function paused(): Promise<number> {
  await until('a pause', () => clock.pending().length > 0);
  return clock.pending()[0] ?? 0;
}
async function goOn(): Promise<void> {
  clock.advance(await paused());
}

describe('polling', () => {
  test('sends the device’s own token, and handles the messages of the answer', async () => {
    answers = [messages(cloudEvent(request()), cloudEvent(promotion(), CREDENTIAL_PROMOTED)), hold];
    start();

    await until('two questions', () => asked.length === 2);

    expect(asked[0]).toEqual({
      path: '/api/pull-checks/pending?wait=25',
      authorization: 'Bearer entra-token',
    });
    expect(scopes[0]).toBe('api://onboarding/.default');
    expect(taken.map(({ kind }) => kind)).toEqual(['pullCheckRequested', 'credentialPromoted']);
    expect(channel?.health()).toEqual({ connected: true, lastHeard: clock.now().toISOString() });
  });

  test.each<[string, Disposition]>([
    ['repeated', 'duplicate'],
    ['meant for others', 'notMine'],
    ['more than can be taken', 'busy'],
  ])('pauses while each answer is %s', async (_case, what) => {
    answers = [messages(cloudEvent(request()))];
    disposition = what;
    start();
    const pauses: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      pauses.push(await paused());
      await goOn();
      await until('another question', () => asked.length === round + 2);
    }
    pauses.forEach((pause, at) => {
      const longest = Math.min(10, 2 ** at);
      expect(pause).toBeGreaterThanOrEqual(longest / 2);
      expect(pause).toBeLessThanOrEqual(longest);
    });
  });

  test('pauses if an empty answer comes at once although the app could have waited', async () => {
    answers = [status(204)];
    start();
    expect(await paused()).toBeGreaterThanOrEqual(0.5);
  });

  test('uses its interval if it does not wait at the app', async () => {
    answers = [status(204)];
    start({ wait: 0 });
    expect(await paused()).toBe(30);

    await goOn();
    await until('another question', () => asked.length === 2);
    expect(asked[1]?.path).toBe('/api/pull-checks/pending?wait=0');
  });

  test('is retried with growing pauses after failures, and logs them once', async () => {
    answers = [status(502)];
    start();
    const pauses: number[] = [];

    for (let round = 0; round < 8; round += 1) {
      pauses.push(await paused());
      await goOn();
      await until('another question', () => asked.length === round + 2);
    }

    expect(pauses[0]).toBeLessThanOrEqual(1);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(30);
    expect(channel?.health().connected).toBe(false);

    answers = [messages(cloudEvent(request())), hold];
    await goOn();
    await until('a signal', () => taken.length === 1);

    expect(log.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
      'polling failed',
      'polling again',
    ]);
  });

  test.each([
    [429, 7],
    [503, 12],
  ])('respects the Retry-After of a %i', async (code, seconds) => {
    answers = [status(code, { 'retry-after': String(seconds) })];
    start();
    expect(await paused()).toBe(seconds);
  });

  test.each([401, 403])('continues after a %i, because access may be granted later', async (code) => {
    answers = [status(code)];
    start();
    expect(await paused()).toBeGreaterThanOrEqual(30);
    expect(log).toEqual([JSON.stringify({ message: 'polling failed', reason: String(code) })]);
  });

  test('continues after lost connections and invalid answers', async () => {
    answers = [
      (response) => response.destroy(),
      (response) => response.writeHead(200).end('no json'),
      (response) => response.writeHead(200).end('{"messages":"none"}'),
      (response) => response.writeHead(200).end(`{"messages":["${'x'.repeat(1_100_000)}"]}`),
      messages(cloudEvent(request())),
      hold,
    ];
    start();
    for (let round = 0; round < 4; round += 1) await goOn();

    await until('a signal', () => taken.length === 1);

    expect(channel?.health().connected).toBe(true);
  });

  test('does not send its token to the target of a redirect', async () => {
    const elsewhere: (string | undefined)[] = [];
    const other = createServer((message, response) => {
      elsewhere.push(message.headers.authorization);
      response.end();
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    answers = [status(307, { location: `http://127.0.0.1:${port}/` })];
    start();
    await goOn();

    await until('another question', () => asked.length === 2);

    expect(elsewhere).toEqual([]);

    other.close();
  });

  test('handles valid messages beside invalid ones, and logs the invalid ones once', async () => {
    const bad = [cloudEvent(request({ attempt: 0 })), 'x', { data: 1 }, cloudEvent({}, 'Something.Else'), null];
    answers = [messages(...bad, cloudEvent(request()))];
    start();

    await until('two signals', () => taken.length >= 2);
    const refused = log.filter((line) => line.includes('event refused'));

    expect(refused).toHaveLength(bad.length);
    expect(log.join()).not.toContain(REPORT_KEY);
  });

  test('without a token logs the reason and tries again', async () => {
    let tries = 0;
    answers = [hold];
    start({
      credential: {
        getToken() {
          tries += 1;
          return tries === 1 ? Promise.reject(new Error('secret text')) : Promise.resolve(null);
        },
      },
    });
    await goOn();
    await until('another try', () => tries === 2);

    await paused();

    expect(log.join()).not.toContain('secret text');
    expect(asked).toEqual([]);
  });

  test('stops at once, even during a request', async () => {
    answers = [hold];
    start();
    await until('a question', () => asked.length === 1);
    await channel?.close();
    expect(clock.pending()).toEqual([]);
  });
});
