import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClockSkew } from '../src/clockSkew.js';
import { sendReport } from '../src/reporter.js';
import type { PullCheckReport, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { isReportBody, isReportMac, readReportMac } from '@connected-registry/protocol/messages/reportMac';
import { startPlainServer } from '../../../test/shared/plainServer.js';
import type { PlainServer } from '../../../test/shared/plainServer.js';

const START = Date.parse('2030-01-01T00:00:00Z');
const REQUEST: PullCheckRequested = {
  operation: 'onboard-x.run1',
  run: 'run1',
  attempt: 3,
  client: 'c',
  connectedRegistry: 'cr',
  secret: { name: 's', version: 'v' },
  image: 'hello-world:latest',
  keyId: 'k1',
  reportKey: 'report-key',
  expiresAt: new Date(START + 120_000).toISOString(),
};
const REPORT: PullCheckReport = {
  expiresAt: REQUEST.expiresAt,
  outcome: 'unreachable',
  image: REQUEST.image,
  milliseconds: 12,
  agent: 'a',
};

let server: PlainServer;
let answers: (number | 'hang up' | { status: number; headers: Record<string, string> })[];
let seen: { path: string; authorization: string; trace: unknown; text: string; body: unknown }[];
let waits: number[];
let time: number;

beforeEach(async () => {
  [answers, seen, waits, time] = [[], [], [], START];
  server = await startPlainServer((request, response, body) => {
    const { authorization = '', traceparent: trace } = request.headers;
    seen.push({ path: request.url ?? '', authorization, trace, text: body, body: JSON.parse(body) });
    const answer = answers.shift() ?? 503;
    if (answer === 'hang up') request.socket.destroy();
    else if (typeof answer === 'number') response.writeHead(answer).end();
    else response.writeHead(answer.status, answer.headers).end();
  });
});
afterEach(() => server.close());

function send(changes: Partial<PullCheckRequested> = {}, skew?: ClockSkew, prefix = '') {
  const options = {
    reportUrl: `${server.url}${prefix}`,
    clock: {
      now: () => new Date(time),
      setTimer(at: Date, run: () => void) {
        waits.push(at.getTime() - time);
        time = at.getTime();
        setImmediate(run);
        return { cancel: () => undefined };
      },
    },
    timeout: 2_000,
    ...(skew && { skew }),
  };
  return sendReport({ ...REQUEST, ...changes }, REPORT, options, new AbortController().signal);
}

function onlyRequest() {
  const [only, ...others] = seen;
  if (!only || others.length > 0) throw new Error(`Expected one request, got ${seen.length}.`);
  return only;
}

test('a report is sent to its attempt, and proves its key without carrying it', async () => {
  answers = [202];
  expect(await send()).toEqual({ end: 'accepted', tries: 1, last: '202' });
  expect(seen).toMatchObject([{ path: '/api/pull-checks/onboard-x.run1/3', trace: undefined, body: REPORT }]);
  const { path, authorization, text } = onlyRequest();
  expect(authorization).not.toContain(REQUEST.reportKey);
  const mac = readReportMac(authorization);
  expect(mac).toMatchObject({ keyId: 'k1', expiresAt: REQUEST.expiresAt });
  if (!mac) return;
  expect([isReportMac(mac, REQUEST.reportKey, path), isReportBody(mac, Buffer.from(text))]).toEqual([true, true]);
});

test('a report of an app behind a prefix proves the address that the app knows', async () => {
  answers = [202];
  await send({}, undefined, '/behind');
  const { path, authorization } = onlyRequest();
  expect(path).toBe('/behind/api/pull-checks/onboard-x.run1/3');
  const mac = readReportMac(authorization);
  expect(mac && isReportMac(mac, REQUEST.reportKey, path.slice('/behind'.length))).toBe(true);
});

test.each([401, 404])('an answer of %i does not make the agent send its key', async (status) => {
  answers = [status, 202];
  await send();
  expect(seen.map(({ authorization }) => authorization.split(' ')[0])).not.toContain('PullCheck');
  expect(JSON.stringify(seen)).not.toContain(REQUEST.reportKey);
});

test('each try of a report carries the trace context of its request', async () => {
  answers = [503, 202];
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await send({ traceparent });
  expect(seen.map(({ trace }) => trace)).toEqual([traceparent, traceparent]);
  expect(seen.map(({ body }) => body)).toEqual([REPORT, REPORT]);
});

test('a report is retried after 503, 404, a redirect and a lost connection, until it is accepted', async () => {
  const redirect = { status: 307, headers: { location: 'http://127.0.0.1:1/elsewhere' } };
  answers = [503, 'hang up', 404, redirect, 200];
  expect(await send()).toEqual({ end: 'accepted', tries: 5, last: '200' });
  expect(waits).toHaveLength(4);
  waits.forEach((wait, at) => expect(wait).toBeGreaterThanOrEqual(250 * 2 ** at));
});

test('a report respects Retry-After', async () => {
  answers = [{ status: 429, headers: { 'retry-after': '7' } }, 200];
  await send();
  expect(waits).toEqual([7_000]);
});

test.each([401, 409, 410])('an answer of %i ends the report', async (status) => {
  answers = [503, status];
  expect(await send()).toMatchObject({ end: `refused-${status}`, tries: 2 });
  expect(seen).toHaveLength(2);
});

test('a report ends when its attempt expires, and not before', async () => {
  const { end, tries } = await send();
  expect(end).toBe('expired');
  expect(tries).toBe(seen.length);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(120_000);
});

describe('with a wrong local clock', () => {
  /** The attempt has five minutes to live by the clock of the app. */
  const ahead = (seconds: number) => ({ expiresAt: new Date(START + 300_000 - seconds * 1_000).toISOString() });

  test.each([301, 600, 86_400, 40 * 365 * 86_400])(
    'a machine that is %i s ahead reports its attempt',
    async (seconds) => {
      answers = [503, 'hang up', 503, 202];
      expect(await send(ahead(seconds))).toMatchObject({ end: 'accepted', tries: 4 });
    },
  );

  test('the app decides whether a report is too late', async () => {
    answers = [410];
    expect(await send(ahead(600))).toEqual({ end: 'refused-410', tries: 1, last: '410' });
  });

  test('a report that nobody answers is abandoned after an hour', async () => {
    expect((await send(ahead(600))).end).toBe('expired');
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(3_600_000);
  });

  test('a machine that is known to be ahead uses the whole time', async () => {
    const seconds = 240;
    expect((await send(ahead(seconds), { observe: () => undefined, seconds: () => seconds })).end).toBe('expired');
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(3_600_000);
  });

  test('a clock that jumps during a report neither ends nor extends it', async () => {
    const jump = setImmediate(() => (time += 40 * 365 * 86_400_000));
    answers = [503, 503, 202];
    expect(await send()).toMatchObject({ end: 'accepted', tries: 3 });
    clearImmediate(jump);
  });

  test('a date in Retry-After counts from the date of its answer', async () => {
    const headers = { date: 'Tue, 01 Jan 2040 00:00:00 GMT', 'retry-after': 'Tue, 01 Jan 2040 00:00:09 GMT' };
    answers = [{ status: 503, headers }, 202];
    await send();
    expect(waits).toEqual([9_000]);
  });

  test('the clock’s difference is measured from the answers', async () => {
    const heard: (string | null | undefined)[] = [];
    answers = [{ status: 202, headers: { date: 'Tue, 01 Jan 2040 00:00:00 GMT' } }];
    await send({}, { observe: (date) => void heard.push(date), seconds: () => undefined });
    expect(heard).toEqual(['Tue, 01 Jan 2040 00:00:00 GMT']);
  });
});
