import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startControlPlane } from '@connected-registry/azure-simulator/controlPlane';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { realClock } from '@connected-registry/clock/clock';
import { isHandshakeAnswered } from '../../src/stack/outside/handshake.js';
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

test('only a refused handshake, and a control plane that throttles or is being restarted, count as not ready yet', async () => {
  const operator = operatorAt(() => 0);
  const silent = await claimPort(0, '');
  const subscribe = (source: string) => () =>
    operator.subscribe({
      source,
      name: 'device',
      webhook: `http://localhost:${silent}/events`,
      schema: 'CloudEventSchemaV1_0',
    });
  const topic = topicId(plane.world, 'signals');
  expect(await isHandshakeAnswered(subscribe(topic))).toBe(false);
  expect(await isHandshakeAnswered(() => Promise.resolve())).toBe(true);
  instead = (method) => (method === 'PUT' ? { status: 429, headers: {}, body: 'later' } : undefined);
  expect(await isHandshakeAnswered(subscribe(topic))).toBe(false);
  instead = () => undefined;
  await expect(isHandshakeAnswered(subscribe(`${topic}-other`))).rejects.toMatchObject({ name: 'CallRefused' });

  const unreachable = new Operator(`https://localhost:${silent}`, plane.world, https);
  expect(await isHandshakeAnswered(() => unreachable.unsubscribe('signals', 'device'))).toBe(false);
  await expect(isHandshakeAnswered(() => Promise.reject(new Error('did not answer in 15 s.')))).rejects.toThrow('15 s');
});
