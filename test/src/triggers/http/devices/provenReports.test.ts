import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  acknowledgementPath,
  authorizeReport,
  reportPath,
  type ReportCredential,
} from '@connected-registry/protocol/messages/reportMac';
import { ONBOARD } from '../../../../../src/domain/operations/run.js';
import { deriveAcknowledgementKey, deriveReportKey } from '../../../../../src/domain/pullCheck/reportKey.js';
import { postPromotion } from '../../../../../src/triggers/http/routes/promotions.js';
import { postPullCheck } from '../../../../../src/triggers/http/routes/pullChecks.js';
import { config, onboardingRun, RUN } from '../../../fakes/answers/requests.js';
import { FakeDurableClient, httpRequest, seen } from '../../../fakes/durable/durableClient.js';
import { report } from '../../../fakes/worlds/onboardScript.js';

const INSTANCE = 'myregistry-edge-sensor-0123456789abcdef';
const RECORD = `@client@${INSTANCE}`;
const operation = `${INSTANCE}.${RUN}`;
const { expiresAt } = report();
const keys = config({ REPORT_KEYS: ['k1', 'k0'].map((id) => `${id}:${id.repeat(32)}`).join() }).reportKeys;
const joined = { joined: { thumbprint: 't', joinedAt: expiresAt } };

let engine: FakeDurableClient;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:04:00Z') });
  engine = new FakeDurableClient();
  const ask = { secret: { name: 'a-secret', version: 'v1' }, image: 'hello-world:latest' };
  const pullCheck = { attempt: 2, expiresAt, reports: {}, request: ask };
  const customStatus = { phase: 'pullCheck', steps: [], pullCheck };
  engine.instances.set(INSTANCE, { name: ONBOARD, input: onboardingRun(), runtimeStatus: 'Running', customStatus });
});
afterEach(() => vi.useRealTimers());

type Handler = (request: HttpRequest, client: DurableClient) => Promise<HttpResponseInit>;

interface Kind {
  readonly handler: () => Handler;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly good: object;
  /** What a proxy would rather have said. */
  readonly changed: object;
  readonly key: (serverKey: (typeof keys)['signing']) => string;
  /** What an accepted message has changed, by which runs or records were told of it. */
  readonly effects: () => readonly unknown[];
}

const kinds: readonly (readonly [string, Kind])[] = [
  [
    'a report',
    {
      handler: () => postPullCheck(keys),
      path: reportPath({ operation, attempt: 2 }),
      params: { operation, attempt: '2' },
      good: report({ outcome: 'unauthorized' }),
      changed: report(),
      key: (serverKey) => deriveReportKey(serverKey, { operation, attempt: 2, expiresAt }),
      effects: () => engine.raised,
    },
  ],
  [
    'an acknowledgement',
    {
      handler: () => postPromotion(keys),
      path: acknowledgementPath({ operation }),
      params: { operation },
      good: { expiresAt, version: 'v2', agent: 'agent/1' },
      changed: { expiresAt, version: 'v3', agent: 'agent/1' },
      key: (serverKey) => deriveAcknowledgementKey(serverKey, { operation, expiresAt }),
      effects: () => engine.signals,
    },
  ],
];

describe.each(kinds)('%s that proves its key', (_, kind) => {
  const credential: ReportCredential = { keyId: 'k1', reportKey: kind.key(keys.signing), expiresAt };
  const inClear = `PullCheck k1:${credential.reportKey}`;
  const body = JSON.stringify(kind.good);
  const proven = (changes: Partial<ReportCredential> = {}, path = kind.path, text = body) =>
    authorizeReport({ ...credential, ...changes }, { path, body: text });
  const post = async (authorization: string, text = body, handler = kind.handler()) => {
    const request = httpRequest({ body: text, params: kind.params, headers: { authorization } });
    const answer = seen(await handler(request, engine.client));
    return { code: `${answer.status} ${String(answer.body['code'] ?? answer.body['status'])}`, ...answer };
  };
  const codeOf = async (authorization: string, text?: string) => (await post(authorization, text)).code;

  test.each([
    ['whose device has joined', joined],
    ['whose device has not joined', undefined],
  ])('is accepted of a client %s', async (_client, record) => {
    if (record) engine.entities.set(RECORD, record);
    expect(await codeOf(proven())).toBe('202 accepted');
    expect(kind.effects()).toHaveLength(1);
  });

  test('is accepted by a server key that no longer signs', async () => {
    const [, former] = keys.all;
    if (!former) throw new Error('There are two keys.');
    expect(await codeOf(proven({ keyId: former.id, reportKey: kind.key(former) }))).toBe('202 accepted');
  });

  test('is refused with another content, whoever sends it, and nothing is told of it', async () => {
    const changed = JSON.stringify(kind.changed);
    const digest = /digest="([^"]+)"/;
    const [, ofChanged = ''] = digest.exec(proven({ reportKey: 'unknown' }, kind.path, changed)) ?? [];
    for (const authorization of [
      proven(),
      proven().replace(digest, `digest="${ofChanged}"`),
      proven({ reportKey: 'unknown' }, kind.path, changed),
      // What is read on the way is no key.
      `PullCheck k1:${(/mac="([^"]+)"/.exec(proven())?.[1] ?? '').slice(0, 43)}`,
    ])
      expect(await codeOf(authorization, changed)).toBe('401 report-key');
    expect(await codeOf(proven(), `${body} `)).toBe('401 report-key');
    expect([engine.reads, kind.effects()]).toEqual([0, []]);
  });

  test.each<[string, string]>([
    ['another path', proven({}, `${kind.path}0`)],
    ['another expiry', proven({ expiresAt: '2026-03-01T13:05:00.000Z' })],
    ['another key id', proven({ keyId: 'k0' })],
    ['a key id that nobody has', proven({ keyId: 'k7' })],
    ['no MAC', proven().replace(/, mac=.*/, '')],
    ['an unknown parameter', `${proven()}, realm="x"`],
    ['another scheme', proven().replace('PullCheckMac', 'PullCheck')],
  ])('is refused before anything is read, with %s', async (_name, authorization) => {
    const request = httpRequest({ body, params: kind.params, headers: { authorization } });
    expect(seen(await kind.handler()(request, engine.client))).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'PullCheckMac, PullCheck' },
      body: { code: 'report-key' },
    });
    // Not a byte of the body either: its reader was never taken.
    expect([request.body?.locked, engine.reads, kind.effects()]).toEqual([false, 0, []]);
  });

  test('is refused if its body names another expiry', async () => {
    const other = JSON.stringify({ ...kind.good, expiresAt: '2027-01-01T00:00:00.000Z' });
    expect(await codeOf(proven({}, kind.path, other), other)).toBe('401 report-key');
  });

  test('is refused in clear once the device has joined, after the key was verified', async () => {
    engine.entities.set(RECORD, joined);
    const { code, headers } = await post(inClear);
    expect([code, headers]).toMatchObject(['401 report-mac-required', { 'www-authenticate': 'PullCheckMac' }]);
    expect(kind.effects()).toEqual([]);
    const before = engine.reads;
    expect(await codeOf(`${inClear.slice(0, -1)}${inClear.endsWith('A') ? 'B' : 'A'}`)).toBe('401 report-key');
    expect(engine.reads).toBe(before);
  });

  test('is accepted in clear of a client whose device has not joined, as older agents send it', async () => {
    engine.entities.set(RECORD, { enrolment: { hash: 'h' } });
    expect(await codeOf(inClear)).toBe('202 accepted');
    expect(kind.effects()).toHaveLength(1);
  });
});

test('a report that is sent again by whoever has read it is the same report', async () => {
  const body = JSON.stringify(report());
  const path = reportPath({ operation, attempt: 2 });
  const reportKey = deriveReportKey(keys.signing, { operation, attempt: 2, expiresAt });
  const authorization = authorizeReport({ keyId: 'k1', reportKey, expiresAt }, { path, body });
  const post = async () => {
    const request = httpRequest({ body, params: { operation, attempt: '2' }, headers: { authorization } });
    return (await postPullCheck(keys)(request, engine.client)).status;
  };
  expect([await post(), await post(), await post()]).toEqual([202, 200, 200]);
  expect(engine.raised).toHaveLength(1);
});
