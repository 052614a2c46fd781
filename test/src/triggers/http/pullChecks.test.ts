import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { deriveReportKey } from '../../../../src/domain/pullCheck/reportKey.js';
import { reportEventName, reportHash } from '../../../../src/domain/pullCheck/reportEvent.js';
import { postPullCheck } from '../../../../src/triggers/http/routes/pullChecks.js';
import { advance, whileTimePasses } from '../../fakes/advance.js';
import { FakeDurableClient, httpRequest, seen, type Instance } from '../../fakes/durable/durableClient.js';
import { report } from '../../fakes/worlds/onboardScript.js';
import { config, onboardingRun, RUN } from '../../fakes/answers/requests.js';

const INSTANCE = 'myregistry-edge-sensor-0123456789abcdef';
const keys = config().reportKeys;
const given = report();
const other = report({ bytes: 1 });
const ask = { secret: { name: 'a-secret', version: 'v1' }, image: 'hello-world:latest' };
/** As the registry generates them, without special characters. */
const PASSWORD = 'jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gAjR9kQz71LmX2vB5nT8cW';
let engine: FakeDurableClient;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:04:00Z') });
  engine = new FakeDurableClient();
  hold();
});
afterEach(() => vi.useRealTimers());

/** A run that waits for attempt 2, with changes. */
function hold(changes: Partial<Instance> = {}, reports: Readonly<Record<string, string>> = {}, attempt = 2): void {
  const customStatus = {
    phase: 'pullCheck',
    steps: [],
    pullCheck: { attempt, expiresAt: given.expiresAt, reports, request: ask },
  };
  const base = { name: ONBOARD, input: onboardingRun(), runtimeStatus: 'Running', customStatus };
  engine.instances.set(INSTANCE, { ...base, ...changes });
}

interface Post {
  readonly body?: unknown;
  readonly operation?: string;
  readonly attempt?: string;
  readonly authorization?: string | undefined;
}

function authorizationFor(operation: string, attempt: number, body: Pick<PullCheckReport, 'expiresAt'>): string {
  const { expiresAt } = body;
  return `PullCheck k1:${deriveReportKey(keys.signing, { operation, attempt, expiresAt })}`;
}

async function post({ body = given, operation = `${INSTANCE}.${RUN}`, attempt = '2', ...rest }: Post = {}) {
  const own = authorizationFor(operation, Number(attempt), body as PullCheckReport);
  const authorization = 'authorization' in rest ? rest.authorization : own;
  const headers = authorization === undefined ? {} : { authorization };
  const params = { operation, attempt };
  const answer = seen(await postPullCheck(keys)(httpRequest({ body, params, headers }), engine.client));
  return `${answer.status} ${String(answer.body['code'] ?? answer.body['status'])}`;
}

describe('a report', () => {
  test('of the awaited attempt is accepted and passed to its run', async () => {
    expect(await post()).toBe('202 accepted');
    const data = { hash: reportHash(given), report: given };
    expect(engine.raised).toEqual([{ id: INSTANCE, name: reportEventName(RUN, 2), data }]);
  });

  test.each<[string, Partial<PullCheckReport>]>([
    ['its image', { image: PASSWORD }],
    ['its image, as a repository', { image: PASSWORD.toLowerCase() }],
    ['its image, as a tag', { image: `hello-world:${PASSWORD}` }],
    ['its agent', { agent: PASSWORD }],
    ['its agent, as a version', { agent: `agent/${PASSWORD}` }],
    ['its agent, as a name', { agent: `${PASSWORD}/1` }],
  ])("that has its client's password in %s passes nothing of it to the history", async (_, words) => {
    const request = { secret: { name: 'a', version: 'b' }, image: 'hello-world:latest' };
    const pullCheck = { attempt: 2, expiresAt: given.expiresAt, reports: {}, request };
    hold({ customStatus: { phase: 'pullCheck', steps: [], pullCheck } });
    expect(await post({ body: report(words) })).toBe('202 accepted');
    expect(engine.raised).toHaveLength(1);
    expect(JSON.stringify(engine.raised).toLowerCase()).not.toContain(PASSWORD.toLowerCase());
  });

  test('that was accepted before is answered as accepted, also for an earlier attempt and after the end', async () => {
    const reports = { 1: reportHash(other), 2: reportHash(given) };
    hold({}, reports);
    expect(await post()).toBe('200 accepted before');
    expect(await post({ body: other, attempt: '1' })).toBe('200 accepted before');
    vi.setSystemTime(new Date('2026-03-02T00:00:00Z'));
    hold({ runtimeStatus: 'Completed', output: { status: 'completed', steps: [], endedAt: 'x', reports } });
    expect(await post()).toBe('200 accepted before');
    expect(engine.raised).toEqual([]);
  });

  test.each<[string, string, () => void, Post]>([
    ['410 report-ended', 'of a run that has ended', () => hold({ runtimeStatus: 'Completed' }), {}],
    ['410 report-ended', 'of a run that was purged', () => engine.instances.clear(), {}],
    ['410 report-ended', 'of a run that another has replaced', () => hold(), { operation: `${INSTANCE}.earlier` }],
    ['410 report-superseded', 'of an attempt before the awaited one', () => hold(), { attempt: '1' }],
    ['410 report-expired', 'after its time', () => void vi.setSystemTime(new Date('2026-03-01T12:05:00Z')), {}],
    ['409 report-differs', 'with other content than was accepted', () => hold({}, { 2: 'another-hash' }), {}],
  ])('is answered %s %s', async (expected, _, prepare, request) => {
    prepare();
    expect(await post(request)).toBe(expected);
    expect(engine.raised).toEqual([]);
  });

  test('is checked in the order that agents rely on: ended, superseded, expired, different', async () => {
    vi.setSystemTime(new Date('2026-03-02T00:00:00Z'));
    hold({ runtimeStatus: 'Completed' }, { 1: 'another-hash', 2: 'another-hash' });
    expect(await post({ attempt: '1' })).toBe('410 report-ended');
    hold({}, { 1: 'another-hash', 2: 'another-hash' });
    expect(await post({ attempt: '1' })).toBe('410 report-superseded');
    expect(await post()).toBe('410 report-expired');
  });
});

describe('a report without the right key', () => {
  const right = authorizationFor(`${INSTANCE}.${RUN}`, 2, given);
  test.each<[string, Post]>([
    ['no header', { authorization: undefined }],
    ['another scheme', { authorization: right.replace('PullCheck', 'Bearer') }],
    ['another key id', { authorization: right.replace('k1', 'k2') }],
    ['a key that is too short', { authorization: right.slice(0, -1) }],
    ['an empty key', { authorization: 'PullCheck k1:' }],
    ['the key of attempt 1', { authorization: authorizationFor(`${INSTANCE}.${RUN}`, 1, given) }],
    ['the key of another operation', { authorization: authorizationFor(`${INSTANCE}.other`, 2, given) }],
    [
      'a later expiry than the event gave',
      { authorization: right, body: report({ expiresAt: '2027-01-01T00:00:00.000Z' }) },
    ],
    ['a key that names a later expiry', { authorization: `PullCheck k1:_${right.slice('PullCheck k1:'.length + 1)}` }],
    ['an attempt that is no number', { authorization: right, attempt: 'two' }],
    ['an operation that is none', { authorization: right, operation: 'a/b' }],
  ])('is refused before anything is read: %s', async (_, request) => {
    engine.instances.clear();
    expect(await post(request)).toBe('401 report-key');
    expect([engine.reads, engine.raised]).toEqual([0, []]);
  });

  test.each<[string, string, Post]>([
    ['no expiry', '400 invalid-request', { body: { ...given, expiresAt: undefined } }],
    ['no body', '400 invalid-request', { body: '' }],
    ['a body that is no JSON', '400 invalid-request', { body: '{' }],
    ['a body beyond 4 KB', '413 body-too-large', { body: { ...given, agent: 'a'.repeat(5000) } }],
  ])('but with the right one is answered with the error in its body: %s', async (_, expected, request) => {
    engine.instances.clear();
    expect(await post({ authorization: right, ...request })).toBe(expected);
    expect([engine.reads, engine.raised]).toEqual([0, []]);
  });

  test('is answered how to authenticate', async () => {
    const request = httpRequest({ body: given, params: { operation: `${INSTANCE}.${RUN}`, attempt: '2' } });
    expect((await postPullCheck(keys)(request, engine.client)).headers).toMatchObject({
      'www-authenticate': 'PullCheckMac, PullCheck',
    });
  });
});

describe('an invalid report with the right key', () => {
  test.each<[string, unknown]>([
    ['digest', { digest: 'sha256:12' }],
    ['outcome', { outcome: 'fine' }],
    ['agent', { agent: undefined }],
    ['extra', { extra: 1 }],
  ])('is answered with the field: %s', async (field, change) => {
    const body = { ...given, ...(change as object) };
    const headers = { authorization: authorizationFor(`${INSTANCE}.${RUN}`, 2, given) };
    const request = httpRequest({ body, headers, params: { operation: `${INSTANCE}.${RUN}`, attempt: '2' } });
    const answer = seen(await postPullCheck(keys)(request, engine.client));
    expect([answer.status, answer.body['errors']]).toMatchObject([400, [{ field }]]);
    expect(engine.raised).toEqual([]);
  });
});

describe('concurrent reports', () => {
  const key = authorizationFor(`${INSTANCE}.${RUN}`, 2, given);
  const send = (body: unknown) => {
    const request = httpRequest({
      body,
      params: { operation: `${INSTANCE}.${RUN}`, attempt: '2' },
      headers: { authorization: key },
    });
    return postPullCheck(keys)(request, engine.client);
  };

  test('that differ: one is accepted, the others are refused', async () => {
    engine.takesReports = false;
    const sent = Array.from({ length: 20 }, (_, index) => send(report({ bytes: index + 1 })));
    await advance(250);
    // The run accepts the seventh, in whatever order they arrive.
    hold({}, { 2: reportHash(report({ bytes: 7 })) });
    await advance(250);
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 20 }, (_, index) => (index === 6 ? 202 : 409)));
  });

  test('to a run that ends before it accepts one are answered that it has ended', async () => {
    engine.takesReports = false;
    const sent = send(given);
    await advance(250);
    hold({ runtimeStatus: 'Completed', output: { status: 'rolledBack', steps: [], endedAt: 'x' } });
    await advance(250);
    expect(seen(await sent)).toMatchObject({ status: 410, body: { code: 'report-ended' } });
  });

  test('to a busy run are answered with a retry, and none is confirmed', async () => {
    engine.takesReports = false;
    const sent = send(given);
    expect(seen(await whileTimePasses(sent))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { code: 'engine-slow' },
    });
  });
});

describe('a report that comes before its run shows the attempt', () => {
  const notShown = { customStatus: { phase: 'pullCheck', steps: [] } };

  test.each<[string, () => void]>([
    ['its first attempt', () => hold(notShown)],
    ['a later attempt', () => hold({}, {}, 1)],
  ])('is accepted once the run shows %s', async (_, prepare) => {
    prepare();
    const sent = post();
    await advance(250);
    expect(engine.raised).toEqual([]);
    hold();
    await advance(250);
    expect(await sent).toBe('202 accepted');
    expect(engine.raised).toHaveLength(1);
  });

  test('is answered with a retry if the run does not show it in time', async () => {
    hold(notShown);
    const sent = post();
    expect(await whileTimePasses(sent)).toBe('503 engine-slow');
    expect(engine.raised).toEqual([]);
  });

  test('has expired when its time is over', async () => {
    hold({}, {}, 1);
    vi.setSystemTime(new Date('2026-03-01T12:05:00Z'));
    expect(await post()).toBe('410 report-expired');
  });
});

describe('a flood of reports', () => {
  test('with a valid key is limited before each calls the engine', async () => {
    const handle = postPullCheck(keys);
    const headers = { authorization: authorizationFor(`${INSTANCE}.${RUN}`, 2, given) };
    const params = { operation: `${INSTANCE}.${RUN}`, attempt: '2' };
    const statuses: (number | undefined)[] = [];
    for (let n = 0; n < 31; n += 1)
      statuses.push((await handle(httpRequest({ body: given, params, headers }), engine.client)).status);
    // The first is read before and after it is handed on, the others once; and for each the client's record, since it
    // is in clear.
    expect([statuses[0], statuses.at(-2), statuses.at(-1), engine.reads]).toEqual([202, 200, 429, 31 + 30]);
  });
});
