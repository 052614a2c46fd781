import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createHmac } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentClock } from '../../src/agentClock.js';
import type { Channel } from '../../src/channels/channel.js';
import type { HubIdentity } from '../../src/channels/iotHub/hubIdentity.js';
import { startIotHub } from '../../src/channels/iotHub/iotHub.js';
import type { IotHubOptions } from '../../src/channels/iotHub/iotHub.js';
import type { Disposition, Signal } from '../../src/channels/channel.js';
import { pullCheckRequested, credentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { Cloud } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { REPORT_KEY, promotion, request } from '../under-test/agentUnderTest.js';
import { selfSigned } from '../../../../test/shared/selfSigned.js';
import { until } from '../under-test/until.js';

interface Keys {
  authentication: { symmetricKey: { primaryKey: string } };
}

let cloud: Cloud;
let clock: ManualClock;
let folder: string;
let caFile: string;
let count = 0;
let id = '';
let taken: Signal[];
let disposition: Disposition;
let log: string[];
let channel: Channel | undefined;
/** When each timer of the present channel is to fire. */
const waiting = new Set<Date>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-'));
  clock = new ManualClock();
  cloud = await Cloud.start({ clock });
  caFile = join(folder, 'ca.pem');
  await writeFile(caFile, cloud.ca);
});
afterAll(async () => {
  await cloud.end();
  await rm(folder, { recursive: true, maxRetries: 5 });
});
beforeEach(() => {
  count += 1;
  id = `device-${count}`;
  [taken, log] = [[], []];
  disposition = 'accepted';
});
afterEach(async () => {
  await channel?.close();
  channel = undefined;
});

async function register(body: object = {}, path = `/devices/${id}`): Promise<string> {
  const { body: made } = await cloud.hub('PUT', path, { deviceId: id, ...body });
  return (made as Keys).authentication.symmetricKey.primaryKey;
}

/** The simulator has timers of its own on the same clock: these are the channel's. */
function channelClock(): AgentClock {
  waiting.clear();
  return {
    now: () => clock.now(),
    setTimer(at, run) {
      const timer = clock.setTimer(at, () => {
        waiting.delete(at);
        run();
      });
      waiting.add(at);
      return {
        cancel() {
          waiting.delete(at);
          timer.cancel();
        },
      };
    },
  };
}

function start(proof: HubIdentity['proof'], trusted = caFile, device?: IotHubOptions['device']): Channel {
  channel = startIotHub({
    ...(device && { device }),
    identity: { hostName: 'localhost', deviceId: id, proof },
    port: cloud.running.world.iotHub.mqttPort,
    caFile: trusted,
    handle(signal) {
      taken.push(signal);
      return disposition;
    },
    clock: channelClock(),
    log: (message, facts) => void log.push(JSON.stringify({ message, ...facts })),
  });
  return channel;
}

const connected = () => until('a connection', () => channel?.health().connected === true);
const startWithKey = async () => {
  start({ kind: 'key', key: await register() });
  await connected();
};
const invoke = async (methodName: string, payload: unknown, path = `/twins/${id}`) => {
  const { status, body } = await cloud.hub('POST', `${path}/methods`, { methodName, payload }, { as: 'app' });
  return { status, body: body as unknown };
};
const desire = (connectedRegistry: unknown) =>
  cloud.hub('PATCH', `/twins/${id}`, { properties: { desired: { connectedRegistry } } }, { as: 'app' });
const reported = async () => {
  const { body } = await cloud.hub('GET', `/twins/${id}`);
  return (body as { properties: { reported: Record<string, unknown> } }).properties.reported['connectedRegistry'];
};
const checkRequest = (changes: Record<string, unknown> = {}) => pullCheckRequested.parse(request(changes));

describe('a direct method', () => {
  test('is accepted at once, and its payload is handled', async () => {
    await startWithKey();
    const data = request();
    expect(await invoke('pullCheckRequested', data)).toEqual({
      status: 200,
      body: { status: 200, payload: { accepted: true } },
    });
    expect(await invoke('credentialPromoted', promotion())).toMatchObject({ body: { status: 200 } });
    expect(taken).toEqual([
      { kind: 'pullCheckRequested', data },
      { kind: 'credentialPromoted', data: promotion() },
    ]);
  });

  test.each<[Disposition, number]>([
    ['duplicate', 200],
    ['busy', 503],
    ['notMine', 400],
  ])('that is %s is answered with %i', async (what, status) => {
    await startWithKey();
    disposition = what;
    const { body } = await invoke('pullCheckRequested', request());
    expect(body).toMatchObject({ status, payload: { accepted: status === 200 } });
  });

  test.each<[string, unknown, number]>([
    ['pullCheckRequested', { ...request(), attempt: 0 }, 400],
    ['pullCheckRequested', undefined, 400],
    ['pullCheckRequested', 'text', 400],
    ['credentialPromoted', promotion({ secret: { name: 'x-candidate', version: 'v' } }), 400],
    ['constructor', request(), 501],
    ['reboot', {}, 501],
    ['a/b', {}, 501],
    ['pullCheckRequested/', request(), 501],
    ['/', {}, 501],
    ['$iothub/twin/res/200/?$rid=1', {}, 501],
  ])('%s with an invalid payload is refused', async (name, payload, status) => {
    await startWithKey();
    const { body } = await invoke(name, payload);
    expect(body).toMatchObject({ status, payload: { accepted: false } });
    expect(taken).toEqual([]);
    expect(log.join()).not.toContain(REPORT_KEY);
    // On the same connection.
    expect((await invoke('pullCheckRequested', request())).body).toMatchObject({ status: 200 });
    expect(log.filter((line) => line.includes('connected to the hub'))).toHaveLength(1);
  });
});

describe('a desired property', () => {
  test('is read from a change, and from the whole twin after an absence', async () => {
    const key = await register();
    await desire({ pullCheck: request() });
    start({ kind: 'key', key });
    await until('the check', () => taken.length === 1);
    await desire({ promoted: promotion() });
    await until('the promotion', () => taken.some(({ kind }) => kind === 'credentialPromoted'));
    expect(taken[0]).toEqual({ kind: 'pullCheckRequested', data: expect.objectContaining({ attempt: 1 }) as unknown });
  });

  test('of which one field changes is handled with all its fields', async () => {
    await startWithKey();
    await desire({ pullCheck: request() });
    await until('the first', () => taken.length > 0);
    await desire({ pullCheck: { attempt: 2 } });
    await until('the second', () => taken.some(({ data }) => 'attempt' in data && data.attempt === 2));
    expect(taken.at(-1)?.data).toEqual({ ...taken[0]?.data, attempt: 2 });
  });

  test('that the twin reports as done is not handled again', async () => {
    const key = await register();
    await desire({ pullCheck: request(), promoted: promotion() });
    start({ kind: 'key', key });
    await until('the check', () => taken.length === 2);
    channel?.reported?.(checkRequest(), { outcome: 'pulled', digest: 'd', bytes: 1, milliseconds: 1, reason: 'r' });
    channel?.delivered?.(credentialPromoted.parse(promotion()), 'v7');
    let found: unknown;
    await expect
      .poll(async () => (found = await reported()), { timeout: 5_000 })
      .toMatchObject({ pullCheck: { attempt: 1 }, promoted: {} });
    expect(found).toEqual({
      pullCheck: { operation: 'onboard-hello.run1', attempt: 1, outcome: 'pulled' },
      promoted: { version: 'v7' },
    });
    await channel?.close();
    taken = [];
    start({ kind: 'key', key });
    await until('the promotion', () => taken.length === 1);
    expect(taken[0]?.kind).toBe('credentialPromoted');
  });

  test('that comes when too many checks are open is handled later', async () => {
    await startWithKey();
    disposition = 'busy';
    await desire({ pullCheck: request() });
    await until('a try', () => taken.length === 1);
    disposition = 'accepted';
    clock.advance(30);
    await until('another try', () => taken.length === 2);
    expect(taken[1]).toEqual(taken[0]);
  });

  test('that is invalid is logged once, and does not stop others', async () => {
    await startWithKey();
    await desire({ pullCheck: { attempt: 'x' }, promoted: promotion() });
    await until('the promotion', () => taken.length > 0);
    await desire({ promoted: { run: 'run2' } });
    await until('another', () => taken.length > 1);
    expect(log.filter((line) => line.includes('desired property refused'))).toHaveLength(1);
  });
});

describe('a device with keys of its own', () => {
  const event = (data: unknown, type = 'ConnectedRegistry.PullCheckRequested') => ({
    specversion: '1.0',
    id: '1',
    type,
    data,
  });
  /** Opens what is named; anything else is for other keys. */
  const device: NonNullable<IotHubOptions['device']> = {
    reportedKeys: 'a.b.c',
    open: async ({ message }) => {
      if (message === 'check') return { messages: [event(request())] };
      if (message === 'promotion') return { messages: [event(promotion(), 'ConnectedRegistry.CredentialPromoted')] };
      if (message === 'broken') throw new Error(REPORT_KEY);
      return { problem: 'not for me', lasting: message === 'forged' };
    },
  };
  const startSealed = async () => {
    start({ kind: 'key', key: await register() }, caFile, device);
    await connected();
  };

  test('reports them, and again if its twin has lost them', async () => {
    await startSealed();
    await expect.poll(reported, { timeout: 5_000 }).toMatchObject({ keys: 'a.b.c' });
    await channel?.close();
    await cloud.hub('DELETE', `/devices/${id}`, undefined, { 'if-match': '*' });
    await startSealed();
    await expect.poll(reported, { timeout: 5_000 }).toMatchObject({ keys: 'a.b.c' });
  });

  test.each([
    ['pullCheckRequested', { message: 'check', secret: 's' }, 200],
    ['credentialPromoted', { message: 'promotion' }, 200],
    ['credentialPromoted', { message: 'check' }, 400],
    ['pullCheckRequested', { message: 'forged' }, 400],
    ['pullCheckRequested', { message: 'other keys' }, 503],
    ['pullCheckRequested', { message: 'broken' }, 503],
    ['pullCheckRequested', request(), 400],
    ['pullCheckRequested', { ...request(), message: 'check' }, 400],
    ['pullCheckRequested', { message: 7 }, 400],
    ['reboot', { message: 'check' }, 501],
  ])('answers %s with %o by %i', async (name, payload, status) => {
    await startSealed();
    expect((await invoke(name, payload)).body).toMatchObject({ status });
    expect(taken).toHaveLength(status === 200 ? 1 : 0);
    expect(log.join()).not.toContain(REPORT_KEY);
  });

  test('takes from its twin what is sealed, in pieces, and nothing in clear', async () => {
    await startSealed();
    await desire({
      pullCheck: request(),
      sealed: { pullCheckRequested: ['for', 'ged'], credentialPromoted: ['promo', 'tion'] },
    });
    await until('the promotion', () => taken.length > 0);
    expect(taken.map(({ kind }) => kind)).toEqual(['credentialPromoted']);
    await desire({ sealed: { pullCheckRequested: ['check'], credentialPromoted: null } });
    await until('the check', () => taken.some(({ kind }) => kind === 'pullCheckRequested'));
  });
});

describe('the connection', () => {
  test('is restored after a loss, and then sends the reports of the time in between', async () => {
    await startWithKey();
    await cloud.hub('PUT', `/devices/${id}`, { deviceId: id, status: 'disabled' }, { 'if-match': '*' });
    await until('the loss', () => channel?.health().connected === false);
    channel?.reported?.(checkRequest(), { outcome: 'unreachable', milliseconds: 1 });
    await cloud.hub('PUT', `/devices/${id}`, { deviceId: id, status: 'enabled' }, { 'if-match': '*' });
    await until('the pause', () => clock.pending().some((wait) => wait <= 4));
    clock.advance(4);
    await connected();
    await expect.poll(reported, { timeout: 5_000 }).toMatchObject({ pullCheck: { outcome: 'unreachable' } });
    expect(log.join()).toContain('connection to the hub lost');
  });

  test('is renewed well before its signature expires', async () => {
    await startWithKey();
    const before = cloud.log.filter(({ event }) => event === 'device-connected').length;
    clock.advance(20 * 3_600);
    await until('another', () => cloud.log.filter(({ event }) => event === 'device-connected').length > before);
    await connected();
    expect((await invoke('pullCheckRequested', request())).body).toMatchObject({ status: 200 });
  });

  test('that is refused is retried with growing pauses, and logged once', async () => {
    await register();
    start({ kind: 'key', key: Buffer.from('another key').toString('base64') });
    for (let round = 0; round < 4; round += 1) {
      await until('a pause', () => clock.pending().some((wait) => wait > 0 && wait <= 16));
      clock.advance(16);
    }
    expect(log).toEqual([JSON.stringify({ message: 'no connection to the hub', reason: 'refused with code 5' })]);
    expect(channel?.health()).toEqual({ connected: false, lastHeard: undefined });
  });

  test('authenticates a device with a certificate', async () => {
    const { cert, key, thumbprint } = await selfSigned();
    await register({ authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: thumbprint } } });
    const [certificateFile, keyFile] = [join(folder, 'device.pem'), join(folder, 'device-key.pem')];
    await writeFile(certificateFile, cert);
    await writeFile(keyFile, key, { mode: 0o600 });
    start({ kind: 'certificate', certificateFile, keyFile });
    await connected();
    expect((await invoke('pullCheckRequested', request())).body).toMatchObject({ status: 200 });
  });

  test('authenticates a module with a signature of IoT Edge’s daemon', async () => {
    await register();
    const key = await register({ moduleId: 'agent' }, `/devices/${id}/modules/agent`);
    const asked: string[] = [];
    const daemon = createServer((message, response) => {
      asked.push(`${message.method} ${message.url}`);
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('end', () => {
        if (message.url?.startsWith('/trust-bundle')) return response.end(JSON.stringify({ certificate: cloud.ca }));
        const { data, keyId, algo } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>;
        expect([keyId, algo]).toEqual(['primary', 'HMACSHA256']);
        const text = Buffer.from(data ?? '', 'base64').toString('utf8');
        const digest = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
        return response.end(JSON.stringify({ digest }));
      });
    });
    const socket = join(folder, 'workload.sock');
    daemon.listen(socket);
    await once(daemon, 'listening');
    channel = startIotHub({
      identity: {
        hostName: 'localhost',
        gatewayHostName: 'localhost',
        deviceId: id,
        moduleId: 'agent',
        proof: { kind: 'workload', uri: `unix://${socket}`, generation: 'gen 1', apiVersion: '2019-01-30' },
      },
      port: cloud.running.world.iotHub.mqttPort,
      caFile: undefined,
      handle: () => 'accepted',
      clock,
      log: (message, facts) => void log.push(JSON.stringify({ message, ...facts })),
    });
    await connected();
    expect(asked).toEqual([
      'POST /modules/agent/genid/gen%201/sign?api-version=2019-01-30',
      'GET /trust-bundle?api-version=2019-01-30',
    ]);
    const { body } = await invoke('pullCheckRequested', request(), `/twins/${id}/modules/agent`);
    expect(body).toMatchObject({ status: 200 });
    daemon.close();
  });

  test('is refused with a hub of another CA', async () => {
    const other = join(folder, 'other.pem');
    await writeFile(other, (await selfSigned()).cert);
    start({ kind: 'key', key: await register() }, other);
    await until('a refusal', () => log.length > 0);
    expect(log.join()).toMatch(/SIGNATURE|CERT|CHAIN/);
  });

  test('closes on request, and leaves no timer behind', async () => {
    await startWithKey();
    expect(waiting.size).toBe(1);
    await channel?.close();
    expect([...waiting]).toEqual([]);
    await expect
      .poll(async () => (await cloud.hub('GET', `/devices/${id}`)).body)
      .toMatchObject({ connectionState: 'Disconnected' });
  });
});
