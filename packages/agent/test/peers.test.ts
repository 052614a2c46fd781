import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startPolling } from '../src/channels/poll.js';
import { signWithDaemon } from '../src/channels/iotHub/workload.js';
import { createChecks } from '../src/checks.js';
import { machineClock } from '../src/agentClock.js';
import { runPullCheck } from '../src/pullCheck.js';
import type { PullCheckResult } from '../src/pullCheck.js';
import { get } from '../src/registry/http.js';
import { sendReport } from '../src/reporter.js';
import { within } from '../src/watchdog.js';
import { wholeAnswer } from '../src/wholeAnswer.js';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import { pullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { request as checkRequest } from './under-test/agentUnderTest.js';
import { until } from './under-test/until.js';

/** What a peer does with a connection. Each is something that a client could wait for without end. */
const PEERS: Readonly<Record<string, (socket: Socket) => unknown>> = {
  'switches protocols': (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  'switches protocols and hangs up': (socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  'closes without an answer': (socket) => socket.end(),
  'resets the connection': (socket) => socket.resetAndDestroy(),
  'says nothing': () => undefined,
  'says 100 and no more': (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n'),
  'says 102 and hangs up': (socket) => socket.end('HTTP/1.1 102 Processing\r\n\r\n'),
  'says 103 and no more': (socket) => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'),
  'says 103 without end': (socket) => again(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'),
  'sends half a header': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-le'),
  'sends half a header and hangs up': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
  'sends a header without end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    again(socket, 'x-more: and more\r\n');
  },
  'sends half a body': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'),
  'sends half a chunk': (socket) => socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nhalf'),
  'sends a body without end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n');
    again(socket, ' '.repeat(65_536));
  },
  'sends chunks without end': (socket) => {
    socket.write('HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\n');
    again(socket, '1\r\n \r\n');
  },
  'sends a chunk of no size': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nhalf\r\n'),
  'sends a chunk of a negative size': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\nhalf\r\n'),
  'sends a chunk larger than numbers are': (socket) =>
    socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'f'.repeat(40)}\r\nhalf\r\n`),
  'sends more than it said': (socket) => socket.write('HTTP/1.1 500 Error\r\ncontent-length: 1\r\n\r\nmuch more'),
  'sends a negative length': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nhalf'),
  'sends two lengths': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nhalf'),
  'sends a length and chunks': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n'),
  'says it is compressed and is not': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nhalf'),
  'says it is compressed and stops': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n'),
  'answers as HTTP/0.9 did': (socket) => socket.end('<html>hello</html>'),
  'answers by a version that is none': (socket) => socket.write('HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
  'answers by a status that is none': (socket) => socket.write('HTTP/1.1 99999 X\r\ncontent-length: 2\r\n\r\n{}'),
  'redirects to itself': (socket) => socket.write('HTTP/1.1 307 Again\r\nlocation: /v2/\r\ncontent-length: 0\r\n\r\n'),
  'redirects to nowhere': (socket) =>
    socket.write('HTTP/1.1 302 Found\r\nlocation: http://[::1\r\ncontent-length: 0\r\n\r\n'),
  'sends a header of a megabyte': (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1_048_576)}\r\n\r\n`),
  'speaks TLS where nobody asked for it': (socket) => socket.write(Buffer.from('15030100020228', 'hex')),
  'is no HTTP server': (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
};

/** Of these a whole answer comes, which whoever asked judges by its status and text. */
const ANSWERS: readonly string[] = [
  'sends more than it said',
  'says it is compressed and is not',
  'redirects to itself',
  'redirects to nowhere',
];

/** Says something until nobody listens any more. */
function again(socket: Socket, text: string): void {
  const timer = setInterval(() => (socket.writable ? socket.write(text) : clearInterval(timer)), 2);
  socket.once('close', () => clearInterval(timer));
}

let server: Server;
let url: string;
let host: string;
let behave: (socket: Socket) => unknown;
const sockets = new Set<Socket>();
beforeEach(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', () => behave(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  url = `http://${host}`;
});
afterEach(() => {
  server.close();
  for (const socket of sockets) socket.destroy();
});

const IDLE = 150;
const never = new AbortController().signal;

describe.each(Object.entries(PEERS))('a peer that %s', (what, peer) => {
  beforeEach(() => {
    behave = peer;
  });

  test('as a registry fails only its own pull', async () => {
    const value = dockerConfig(host, 'user', 'password');
    const policy = { insecureRegistries: new Set([host]), idleTimeout: IDLE, retryDelays: [] };
    const platform = { os: 'linux', architecture: 'amd64' };
    const secrets = { read: async (name: string) => ({ name, value, version: 'v', createdOn: new Date(0) }) };
    const secret = { name: 's', version: 'v' };
    const checks = Array.from({ length: 4 }, () =>
      runPullCheck(secret, 'app:latest', { secrets, platform, policy }, never),
    );

    for (const { outcome } of await Promise.all(checks)) expect(outcome).not.toBe('pulled');
  });

  test('as the app does not end a report for good', async () => {
    const answers: number[] = [];
    const waits = { now: () => new Date(), setTimer: (_at: Date, run: () => void) => soon(run) };
    const ending = new AbortController();
    const sent = sendReport(
      pullCheckRequested.parse(checkRequest()),
      { expiresAt: '2030-01-01T00:00:00Z', outcome: 'tls', image: 'a', milliseconds: 1, agent: 'a' },
      { reportUrl: url, clock: waits, timeout: IDLE },
      ending.signal,
    );
    server.on('connection', () => answers.push(1));

    // A head that has come counts as an answer, whatever becomes of the body: it may be taken already.
    await Promise.race([sent, until('a second try', () => answers.length > 1)]);
    ending.abort();

    expect(['stopped', 'accepted', 'refused-401', 'refused-409', 'refused-410']).toContain((await sent).end);
  });

  test('as the polled app does not end the polling', async () => {
    let asked = 0;
    server.on('connection', () => (asked += 1));
    const channel = startPolling({
      url,
      audience: 'api://x',
      credential: { getToken: async () => ({ token: 't', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) },
      wait: 0,
      interval: 1,
      timeout: IDLE,
      handle: () => 'accepted',
      clock: { now: () => new Date(), setTimer: (_at, run) => soon(run) },
      log: () => undefined,
    });
    await until('another question', () => asked > 1);

    await channel.close();

    expect(asked).toBeGreaterThan(1);
  });

  test('gives either no whole answer or one with status and text', async () => {
    const asked = within(IDLE, never, (signal) => wholeAnswer(request(url, { agent: false, signal }), 'text', 1_000));
    const answer = await asked.catch(() => undefined);
    expect(answer !== undefined).toBe(ANSWERS.includes(what));
  });
});

describe.each(['switches protocols', 'closes without an answer', 'says 102 and hangs up'])(
  'an answer that %s',
  (what) => {
    test('is rejected without a timeout', async () => {
      behave = PEERS[what] ?? (() => undefined);
      await expect(wholeAnswer(request(url, { agent: false }), undefined, 1_000)).rejects.toThrow();
      await expect(
        signWithDaemon({ uri: url, moduleId: 'm', generation: 'g', apiVersion: 'v' }, 'x'),
      ).rejects.toThrow();
    });
  },
);

test('a discarded body is read for one wait only, however slowly it comes', async () => {
  behave = PEERS['sends chunks without end'] ?? (() => undefined);
  const policy = { insecureRegistries: new Set([host]), idleTimeout: IDLE, retryDelays: [] };
  const answer = await get({ url: new URL(url), redirects: false }, policy, never);
  let pieces = 0;
  for (const socket of sockets) socket.on('data', () => undefined).once('close', () => (pieces = socket.bytesWritten));
  await answer.discard();

  await until('an end of the connection', () => sockets.size === 0);

  // By the time that is left, not by the bytes, of which the limit is far away.
  expect(pieces).toBeLessThan(64 * 1024);
});

test('an answer after informational answers is read', async () => {
  behave = (socket) =>
    socket.end(
      'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    );
  expect(await wholeAnswer(request(url, { agent: false }), undefined, 1_000)).toEqual({ status: 200, text: 'ok' });
});

test('a check that never ends gives its slot back, and the health shows it until it ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let finish: (result: PullCheckResult) => void = () => undefined;
    const outcomes: string[] = [];
    const checks = createChecks({
      name: 'agent',
      concurrency: 1,
      checkTimeout: 1_000,
      clock: machineClock,
      check: () => new Promise((resolve) => (finish = resolve)),
      report: async (_request, { outcome }) => {
        outcomes.push(outcome);
        return { end: 'accepted', tries: 1, last: '202' };
      },
      log: () => undefined,
      reported: () => undefined,
    });
    checks.add(pullCheckRequested.parse(checkRequest()));
    await vi.advanceTimersByTimeAsync(5_999);
    expect(checks.health()).toEqual({ checksRunning: 1, checksWaiting: 0, reportsOpen: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect(checks.health()).toEqual({ checksRunning: 0, checksWaiting: 0, reportsOpen: 0, checksHanging: 1 });
    expect(outcomes).toEqual(['error']);
    finish({ outcome: 'pulled', milliseconds: 1 });
    await vi.advanceTimersByTimeAsync(1);
    expect(checks.health()).not.toHaveProperty('checksHanging');
  } finally {
    vi.useRealTimers();
  }
});

/** A timer of a clock on which every wait is over at once. */
function soon(run: () => void): { cancel(): void } {
  const timer = setImmediate(run);
  return { cancel: () => clearImmediate(timer) };
}
