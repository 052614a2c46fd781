import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startControlPlane } from '@connected-registry/azure-simulator/controlPlane';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { realClock } from '@connected-registry/clock/clock';
import { Handshake } from '../../src/stack/outside/handshake.js';
import { httpsJson, type HttpsAnswer, type HttpsJson } from '../../src/stack/httpsJson.js';
import { Operator } from '../../src/stack/operator/operator.js';
import { claimPort } from '../../src/stack/ports.js';
import { registryId, topicId } from '../../src/stack/world.js';

const folder = mkdtempSync(join(tmpdir(), 'operator-'));
let plane: Awaited<ReturnType<typeof startControlPlane>>;
let https: HttpsJson;
/** Milliseconds that the control plane's clock is ahead. */
let ahead = 0;
/** Method, path and status of every call. */
let calls: string[] = [];
/** Answers a call instead of the control plane. */
let instead: (method: string, path: string) => HttpsAnswer | undefined = () => undefined;

const observed: HttpsJson = async (url, call = {}) => {
  const { pathname } = new URL(url);
  const method = call.method ?? 'GET';
  const answer = instead(method, pathname) ?? (await https(url, call));
  calls.push(`${method} ${pathname.split('/').at(-1)} ${answer.status}`);
  return answer;
};

beforeAll(async () => {
  const tls = await ensureCertificates(join(folder, 'tls'));
  const clock = realClock();
  plane = await startControlPlane({
    port: 0,
    directory: join(folder, 'azure'),
    tls,
    settings: { throttling: 0 },
    clock: { ...clock, now: () => new Date(clock.now().getTime() + ahead) },
  });
  https = httpsJson(readFileSync(tls.caFile, 'utf8'));
});
beforeEach(() => {
  ahead = 0;
  calls = [];
  instead = () => undefined;
});
afterAll(async () => {
  await plane.close();
  rmSync(folder, { recursive: true, force: true });
});

const operatorAt = (now: () => number) => new Operator(plane.url, plane.world, observed, now);
const readRegistry = (operator: Operator) => operator.arm('GET', registryId(plane.world), '2025-11-01');

test('a token is kept while it is valid, and another is requested before it expires', async () => {
  const operator = operatorAt(() => ahead);
  await Promise.all([readRegistry(operator), readRegistry(operator)]);
  ahead = 3_000_000;
  await readRegistry(operator);
  expect(calls.filter((call) => call.startsWith('POST token'))).toHaveLength(1);

  ahead = 3_590_000;
  await readRegistry(operator);
  expect(calls.filter((call) => call.startsWith('POST token'))).toHaveLength(2);
  expect(calls.filter((call) => call.endsWith('401'))).toEqual([]);
});

test('a call succeeds when only the clock of the control plane has passed the token’s end', async () => {
  const operator = operatorAt(() => 0);
  await readRegistry(operator);
  ahead = 7_200_000;
  await readRegistry(operator);
  expect(calls.filter((call) => call.startsWith('POST token'))).toHaveLength(2);
});

test('a call that is refused with a new token, too, fails with the answer', async () => {
  instead = (method) => (method === 'GET' ? { status: 401, headers: {}, body: 'no' } : undefined);
  await expect(readRegistry(operatorAt(() => 0))).rejects.toMatchObject({ name: 'CallRefused', status: 401 });
  expect(calls.filter((call) => call.startsWith('GET'))).toHaveLength(2);
});

test('a device of the hub is created if it does not exist, and is not written if it cannot be read', async () => {
  const operator = operatorAt(() => 0);
  const key = await operator.hubKey('camera');
  expect(await operator.hubKey('camera')).toBe(key);
  const ofHub = () => calls.filter((call) => call.includes('camera'));
  expect(ofHub()).toEqual(['GET camera 404', 'PUT camera 200', 'GET camera 200']);

  calls = [];
  instead = (method) => (method === 'GET' ? { status: 500, headers: {}, body: 'out of order' } : undefined);
  await expect(operator.hubKey('camera')).rejects.toThrow('answered 500: "out of order"');
  expect(ofHub()).toEqual(['GET camera 500']);
});

describe('the handshake of a webhook that someone else starts', () => {
  let reported: string[];
  let handshake: Handshake;
  let silent: number;
  beforeEach(async () => {
    reported = [];
    handshake = new Handshake((error) => void reported.push(String(error)));
    silent = await claimPort(0, '');
  });

  const subscribe =
    (topic = 'signals', operator = operatorAt(() => 0)) =>
    () =>
      operator.subscribe({
        source: topicId(plane.world, topic),
        name: 'device',
        webhook: `http://localhost:${silent}/events`,
        schema: 'CloudEventSchemaV1_0',
      });
  const answering = (method: string, status: number) => (called: string) =>
    called === method ? { status, headers: {}, body: 'no' } : undefined;

  test('is repeated without a report while nothing answers, or Azure throttles or is being restarted', async () => {
    expect(await handshake.isAnswered(subscribe())).toBe(false);
    instead = answering('PUT', 429);
    expect(await handshake.isAnswered(subscribe())).toBe(false);
    // The request for a token, too.
    instead = answering('POST', 429);
    expect(await handshake.isAnswered(subscribe())).toBe(false);
    const unreachable = new Operator(`https://localhost:${silent}`, plane.world, https);
    expect(await handshake.isAnswered(subscribe('signals', unreachable))).toBe(false);
    expect(reported).toEqual([]);
    expect(await handshake.isAnswered(() => Promise.resolve())).toBe(true);
  });

  test.each([
    ['PUT', 500],
    ['PUT', 503],
    ['PUT', 408],
    ['POST', 503],
  ])('is reported once and repeated when a %s is answered with %i', async (method, status) => {
    instead = answering(method, status);
    for (let nth = 0; nth < 3; nth += 1) expect(await handshake.isAnswered(subscribe())).toBe(false);
    expect(reported).toEqual([expect.stringContaining(`answered ${status}: "no"`)]);
  });

  test('is reported once and repeated after calls that do not end in time', async () => {
    const slow = () => Promise.reject(new Error('did not answer in 15 s.'));
    for (let nth = 0; nth < 3; nth += 1) expect(await handshake.isAnswered(slow)).toBe(false);
    expect(reported).toEqual(['Error: did not answer in 15 s.']);
  });

  test('is repeated when a restarted control plane does not know the operation any more', async () => {
    const operation = 'https://localhost/operationsStatus/one';
    instead = (method, path) => {
      if (method === 'PUT') return { status: 201, headers: { 'azure-asyncoperation': operation }, body: {} };
      return path.includes('operationsStatus') ? { status: 404, headers: {}, body: 'gone' } : undefined;
    };
    expect(await handshake.isAnswered(subscribe())).toBe(false);
    expect(reported).toEqual([expect.stringContaining(`${operation} is unknown`)]);
  });

  test('is given up after a refusal that another attempt would get, too', async () => {
    await expect(handshake.isAnswered(subscribe('other'))).rejects.toMatchObject({ name: 'CallRefused', status: 404 });
    instead = answering('POST', 401);
    await expect(handshake.isAnswered(subscribe())).rejects.toMatchObject({ name: 'CallRefused', status: 401 });
    expect(reported).toEqual([]);
  });
});
