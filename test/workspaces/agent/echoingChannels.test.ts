import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes, type Client } from 'aedes';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Channel } from '../../../packages/agent/src/channels/channel.js';
import { startIotHub } from '../../../packages/agent/src/channels/iotHub/iotHub.js';
import { startPolling } from '../../../packages/agent/src/channels/poll.js';
import { machineClock } from '../../../packages/agent/src/agentClock.js';
import { ConsumerFailure } from '@connected-registry/agent/consumers/consumer';
import { pullSecret } from '../../../packages/agent/src/consumers/pullSecret.js';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { startPlainServer } from '../../shared/plainServer.js';
import { echo, ECHOES } from '../../src/azure/hostile/echoes.js';
import { leaks } from '../../src/azure/hostile/hostileAzure.js';
import { cloudEvent, promotion, request } from '../../../packages/agent/test/under-test/agentUnderTest.js';

/* The agent's other peers, as they repeat all they know: the app that it asks, the cluster's API and the IoT Hub. */

const PASSWORD = 'Qn8yW3dO0cR5xF7sU9zV2jP4qB6tE1gHQn8yW3dO0cR5xF7sU9zV';
const TOKEN = 'entraTokenOfTheDeviceThatIsRepeated';
const ACCOUNT = 'serviceAccountTokenThatIsRepeated';
const HUB_KEY = Buffer.from('a key of the hub that is repeated').toString('base64');

let folder: string;
let tls: { caFile: string; cert: Buffer; key: Buffer };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echoing-'));
  const { caFile, certFile, keyFile } = await ensureCertificates(join(folder, 'tls'));
  tls = { caFile, cert: await readFile(certFile), key: await readFile(keyFile) };
});
afterAll(() => rm(folder, { recursive: true, maxRetries: 5 }));

const recorder = () => {
  const log: string[] = [];
  return { log, record: (message: string, facts = {}) => void log.push(JSON.stringify({ message, ...facts })) };
};
/** Fields and values that a peer puts its knowledge into. */
const repeated = (said: string) => [
  said,
  { [said]: said },
  { type: said, data: { [said]: said } },
  cloudEvent({ ...request(), [said]: said, attempt: said }),
  cloudEvent({ ...promotion(), secret: { name: said, version: said } }),
  cloudEvent({ ...request(), image: said.repeat(20) }),
];

describe('the agent does not log secrets that are repeated', () => {
  test.each(ECHOES.map((one) => [one] as const))('by the app that it polls: %s', async (kind) => {
    const { log, record } = recorder();
    let asked = 0;
    const app = await startPlainServer((message, response) => {
      asked += 1;
      if (asked > 1)
        return void response
          .writeHead(200)
          .end(JSON.stringify({ messages: repeated(TOKEN), [TOKEN]: message.headers.authorization }));
      const known = { body: '', authorization: message.headers.authorization ?? '', values: [TOKEN] };
      const { status, headers, text } = echo(kind, known, app.url);
      response.writeHead(status, headers).end(text);
    });
    const channel = startPolling({
      url: app.url,
      audience: 'api://onboarding',
      credential: { getToken: () => Promise.resolve({ token: TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }) },
      wait: 0,
      interval: 1,
      timeout: 5_000,
      handle: () => 'accepted',
      // Every pause is over at once, but for that of the next day.
      clock: { now: () => machineClock.now(), setTimer: (_at, run) => machineClock.setTimer(new Date(), run) },
      log: record,
    });

    try {
      await vi.waitFor(() => expect(log.join()).toContain('event refused'), { timeout: 20_000, interval: 5 });
    } finally {
      await channel.close();
      await app.close();
    }

    expect(leaks([...log, JSON.stringify(channel.health())], [TOKEN])).toEqual([]);
  });

  test.each(ECHOES.map((one) => [one] as const))('by the cluster: %s', async (kind) => {
    const accountFolder = join(folder, `account-${kind}`);
    await mkdir(accountFolder);
    await writeFile(join(accountFolder, 'ca.crt'), await readFile(tls.caFile));
    await writeFile(join(accountFolder, 'token'), ACCOUNT);
    const bodies: string[] = [];
    let isFound = false;
    const cluster = createSecureServer({ cert: tls.cert, key: tls.key }, (message, response) => {
      message.on('data', (chunk: Buffer) => bodies.push(chunk.toString('utf8')));
      message.on('end', () => {
        if (message.method === 'GET' && isFound) return void response.writeHead(404).end();
        const known = { body: bodies.join(), authorization: message.headers.authorization ?? '', values: [ACCOUNT] };
        const { status, headers, text } = echo(kind, known, 'https://localhost:1');
        response.writeHead(status, headers).end(text);
      });
    });
    cluster.listen(0, '127.0.0.1');
    await once(cluster, 'listening');
    const address = cluster.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const consumer = pullSecret(
      { namespace: 'apps', name: 'pull' },
      { url: `https://localhost:${port}`, accountFolder, timeout: 5_000 },
    );
    const signal = new AbortController().signal;
    const delivery = {
      secret: 'device-1',
      credentials: { endpoint: 'edge:8000', username: 'device', password: PASSWORD },
      takeOver: true,
    };
    const said: string[] = [];
    const words = (work: Promise<unknown>) =>
      work.then(
        (end) => said.push(JSON.stringify(end)),
        (error: unknown) => {
          expect(error).toBeInstanceOf(ConsumerFailure);
          said.push(String(error));
        },
      );

    try {
      await words(consumer.remembered(signal));
      await words(consumer.write(delivery, signal));
      isFound = true;
      await words(consumer.write(delivery, signal));
    } finally {
      cluster.closeAllConnections();
      cluster.close();
    }

    expect(said).toHaveLength(3);
    expect(leaks(said, [ACCOUNT, PASSWORD, Buffer.from(`device:${PASSWORD}`).toString('base64')])).toEqual([]);
  });

  test.each(['refuses', 'tells', 'hangs up'] as const)('by a hub that %s', async (how) => {
    const { log, record } = recorder();
    const broker = await Aedes.createBroker();
    const signatures: string[] = [];
    broker.authenticate = (_client, _username, password, done) => {
      signatures.push(password?.toString('utf8') ?? '');
      const refusal = Object.assign(new Error(`refused ${signatures.join()}`), { returnCode: 5 });
      done(how === 'refuses' ? refusal : null, true);
    };
    const tell = (client: Client, topic: string, payload: unknown) =>
      client.publish(
        {
          cmd: 'publish',
          topic,
          payload: JSON.stringify(payload),
          qos: 0,
          retain: false,
          dup: false,
        },
        () => undefined,
      );
    broker.on('publish', (packet, client) => {
      if (!client) return;
      const [signature = ''] = signatures;
      const asked = /\$rid=(.*)$/.exec(packet.topic)?.[1] ?? '';
      if (!packet.topic.startsWith('$iothub/twin/GET/')) return;
      if (how === 'hangs up') return void client.conn.destroy();
      const inPath = encodeURIComponent(signature);
      for (const said of repeated(signature)) {
        tell(client, `$iothub/methods/POST/${inPath}/?$rid=1`, said);
        tell(client, '$iothub/methods/POST/pullCheckRequested/?$rid=2', said);
        tell(client, `$iothub/twin/res/${inPath}/?$rid=${inPath}`, said);
        tell(client, `$iothub/twin/PATCH/properties/desired/?$version=${inPath}`, said);
      }
      tell(client, `$iothub/twin/res/200/?$rid=${asked}`, {
        desired: { $version: 1, connectedRegistry: { pullCheck: { [signature]: signature }, promoted: signature } },
        reported: { [signature]: signature },
      });
    });
    const server = createTlsServer({ cert: tls.cert, key: tls.key }, (socket) => void broker.handle(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const channel: Channel = startIotHub({
      identity: { hostName: 'localhost', deviceId: 'device-1', proof: { kind: 'key', key: HUB_KEY } },
      port,
      caFile: tls.caFile,
      handle: () => 'accepted',
      clock: machineClock,
      log: record,
    });

    try {
      const last = { refuses: 'no connection to the hub', tells: 'desired property refused', 'hangs up': 'lost' }[how];
      await vi.waitFor(() => expect(log.join()).toContain(last), { timeout: 20_000, interval: 10 });
    } finally {
      await channel.close();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      server.close();
    }
    const [signature = ''] = signatures;

    expect(signature).toContain('SharedAccessSignature');
    expect(leaks([...log, JSON.stringify(channel.health())], [signature, HUB_KEY])).toEqual([]);
  });
});

test('a consumer does not read secrets whose remembered names are invalid', async () => {
  const { parseLedger } = await import('../../../packages/agent/src/consumers/ledger.js');
  const names = { [`Bearer ${ACCOUNT}`]: 'edge:8000', 'a.b.c': 'edge:8000', 'device-1-CANDIDATE': 'edge:8000' };
  expect(parseLedger(JSON.stringify({ ...names, 'Device-1': 'edge:8000' }))).toEqual({ 'device-1': 'edge:8000' });
  expect(seenSecrets.holds(ACCOUNT)).toBe(true);
});
