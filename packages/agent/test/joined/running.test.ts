import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CREDENTIAL_PROMOTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { takeFolder } from '../../src/joined/folder/folderLock.js';
import { JoinFolderFailure } from '../../src/joined/folder/joinFolder.js';
import { joinedSecrets } from '../../src/joined/joinedDevice.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { cloudEvent, promotion, request } from '../under-test/agentUnderTest.js';
import { CLIENT } from '../under-test/fakeApp.js';
import { startFakeRegistry, type FakeRegistry } from '../under-test/fakeRegistry.js';
import { JoinedUnderTest } from '../under-test/joinedUnderTest.js';
import { until } from '../under-test/until.js';

const MAIN = mainSecretName(CLIENT);
const CANDIDATE = candidateSecretName(CLIENT);
const PASSWORD = 'password-that-must-not-be-logged';

let it: JoinedUnderTest;
let registry: FakeRegistry;
beforeEach(async () => {
  it = await JoinedUnderTest.create();
  registry = await startFakeRegistry();
});
afterEach(async () => {
  await it.close();
  await registry.close();
});

const dockerConfig = (password = PASSWORD) =>
  JSON.stringify({ auths: { [registry.host]: { auth: Buffer.from(`device-1:${password}`).toString('base64') } } });
const engineFile = () => join(it.above, 'config.json');
const startWithEngine = () =>
  it.start({ DOCKER_CONFIG_FILE: engineFile(), INSECURE_REGISTRIES: registry.host, POLL_INTERVAL_SECONDS: '5' });
const engine = () => readFile(engineFile(), 'utf8').then(JSON.parse, () => undefined) as Promise<unknown>;
const lines = (message: string) => it.log.filter((line) => line.includes(`"${message}`));

describe('an agent that runs as a device that has joined', () => {
  test('pulls with the sealed candidate, delivers what is promoted, and acknowledges it', async () => {
    const version = it.app.addSecret(CANDIDATE, dockerConfig());
    const check = request({ secret: { name: CANDIDATE, version }, image: 'app:latest' });
    it.app.messages = [cloudEvent(check)];
    await startWithEngine();
    await until('a report', () => it.app.reports.length === 1);
    expect(it.app.reports[0]).toMatchObject({
      path: '/api/pull-checks/onboard-hello.run1/1',
      body: { outcome: 'pulled', image: 'app:latest' },
    });

    const main = it.app.addSecret(MAIN, dockerConfig());
    const expiresAt = new Date(it.clock.now().getTime() + 600_000).toISOString();
    const promoted = promotion({
      secret: { name: MAIN, version: main },
      keyId: 'k1',
      reportKey: 'report-key',
      expiresAt,
    });
    it.app.messages = [cloudEvent(promoted, CREDENTIAL_PROMOTED)];
    await it.poll();
    await until('an acknowledgement', () => it.app.reports.length === 2);
    expect(it.app.reports[1]).toMatchObject({ path: '/api/promotions/onboard-hello.run1', body: { version: main } });
    expect(await engine()).toEqual(JSON.parse(dockerConfig()));
  });

  test('delivers the main secret when it starts, so that a rebuilt device needs no promotion', async () => {
    it.app.addSecret(MAIN, dockerConfig());
    await startWithEngine();
    await expect.poll(engine, { timeout: 60_000 }).toEqual(JSON.parse(dockerConfig()));
  });

  test('leaves messages for other clients alone', async () => {
    it.app.messages = [cloudEvent(request({ client: 'device-2' })), cloudEvent(request())];
    const agent = await it.start();
    await until('a check', () => lines('pull check').length === 1);
    expect(agent.health()['signalsRemembered']).toBe(1);
  });

  test('shows who it is in its health', async () => {
    const agent = await it.start();
    await until('a poll', () => it.clock.pending().length > 0);
    expect(agent.health()).toMatchObject({
      status: 'ok',
      channel: { kind: 'joined', connected: true, client: 'device-1', thumbprint: it.app.joined?.thumbprint },
    });
  });

  test('keeps passwords, passes and keys out of its log', async () => {
    it.app.addSecret(MAIN, dockerConfig());
    it.app.messages = [cloudEvent(request({ secret: { name: MAIN, version: 'v1' }, image: 'app:latest' }))];
    await startWithEngine();
    await until('a delivery', () => lines('credential delivered').length === 1);
    await until('a report', () => it.app.reports.length === 1);
    it.app.revoke();
    await it.poll();
    const files = await Promise.all(
      (await readdir(it.folder))
        .filter((name) => name.endsWith('.json'))
        .map((name) => readFile(join(it.folder, name), 'utf8')),
    );
    const secrets = [...files.join().matchAll(/"(?:d|pass|channelKey)": ?"([^"]+)"/g)].map(([, secret = '']) => secret);
    expect(secrets).toHaveLength(4);
    for (const secret of [PASSWORD, ...secrets]) expect(it.log.join()).not.toContain(secret);
  });

  test.each([5, -5, 24 * 400])('works with a clock that is wrong by %i hours, and says so', async (hours) => {
    const deviceClock = new ManualClock(new Date(it.clock.now().getTime() + hours * 3_600_000));
    const agent = await it.start({}, deviceClock);
    await until('a poll', () => deviceClock.pending().length > 0);
    expect(it.app.refused).toEqual(['device-signature']);
    expect(agent.health()).toMatchObject({ channel: { connected: true }, clockSkewSeconds: hours * 3_600 });

    await it.poll(deviceClock);
    expect(it.app.refused).toHaveLength(1);
    expect(it.app.accepted.map(({ path }) => path)).not.toContain('/api/devices/keys');
  });

  test('follows a clock that is put right while it runs', async () => {
    const deviceClock = new ManualClock(new Date(it.clock.now().getTime() - 7_200_000));
    const agent = await it.start({}, deviceClock);
    await until('a poll', () => deviceClock.pending().length > 0);
    deviceClock.advance(7_200);
    await until('a refusal', () => it.app.refused.length === 2);
    await until('a poll', () => agent.health()['clockSkewSeconds'] === undefined);
    expect(agent.health()).toMatchObject({ channel: { connected: true } });
  });
});

describe('a fresh pass', () => {
  test('is stored, so that the device follows the keys of the server', async () => {
    const before = await it.membership();
    const agent = await it.start();
    await until('a poll', () => it.clock.pending().length > 0);
    it.app.rotateServerKey();
    await it.poll();
    const pass = it.app.passOf(it.app.joined?.thumbprint ?? '');
    expect(await it.membership()).toEqual({
      ...before,
      pass,
      channelKey: it.app.channelKeyOf(pass),
      previous: { pass: before['pass'], channelKey: before['channelKey'] },
    });
    expect(pass).not.toBe(before['pass']);

    it.app.forgetServerKeys();
    await it.poll();
    expect(it.app.refused).toEqual([]);
    await agent.stop();
    await it.start();
    await until('a poll', () => it.clock.pending().length > 0);
    expect(it.app.refused).toEqual([]);
  });
});

test('a fresh pass that the app refuses later does not strand the device: the one before is used', async () => {
  const before = await it.membership();
  await it.start();
  await until('a poll', () => it.clock.pending().length > 0);
  it.app.rotateServerKey();
  await it.poll();
  expect((await it.membership())['pass']).not.toBe(before['pass']);
  // The operator takes the new server key back.
  it.app.withdrawServerKey();
  it.app.messages = [cloudEvent(request())];
  await it.poll();
  const refused = () => it.app.refused.filter((code) => code === 'device-signature').length;
  expect(refused()).toBe(1);
  expect(lines('the newer pass is refused')).toHaveLength(1);
  expect((await it.membership())['pass']).toBe(before['pass']);
  await it.poll();
  expect(refused()).toBe(1);
});

describe('a proxy that ends TLS, and forges answers', () => {
  const FORGED: [string, number, object | undefined][] = [
    ['a pass in clear', 200, { messages: [], pass: 'crpass1.forged' }],
    ['nothing sealed', 200, {}],
    ['no messages', 204, undefined],
    ['a refused signature, with a time of its own', 401, { code: 'device-signature', now: '2040-01-01T00:00:00Z' }],
    ['a refused signature', 401, { code: 'device-signature' }],
    ['an ended key', 403, { code: 'device-key-ended' }],
    ['another refusal', 403, {}],
  ];
  test.each(FORGED)('%s: the device works again as soon as it is gone', async (_case, status, body) => {
    const before = await it.membership();
    const agent = await it.start();
    await until('a poll', () => it.clock.pending().length > 0);
    let forged = 0;
    it.app.override = (_request, response) => {
      forged += 1;
      response.writeHead(status).end(body && JSON.stringify(body));
      return true;
    };
    for (let nth = 0; nth < 3; nth += 1) await it.poll();
    expect(forged).toBeGreaterThan(2);
    expect(await it.membership()).toEqual(before);
    it.app.override = undefined;
    it.app.messages = [cloudEvent(request())];
    await it.poll();
    await until('a check', () => agent.health()['signalsRemembered'] === 1);
    expect(await it.membership()).toEqual(before);
    expect(agent.health()).toMatchObject({ channel: { connected: true } });
  });
});

describe('a folder', () => {
  test('has one agent at a time', async () => {
    const first = await it.start();
    await expect(it.start()).rejects.toThrow(JoinFolderFailure);
    await expect(it.join()).rejects.toThrow(`${it.folder} is in use by another process`);
    await first.stop();
    await it.start();
  });

  test('without a membership starts no agent, and says how to join', async () => {
    const elsewhere = it.start({ JOIN_FOLDER: join(it.above, 'none') });
    await expect(elsewhere).rejects.toThrow('agent join --token-file');
  });

  test.each(['', '{}', 'text', '{"client":"device-1"}'])('with the membership %j is refused by name', async (text) => {
    await writeFile(join(it.folder, 'membership.json'), text);
    await expect(it.start()).rejects.toThrow(`${it.folder}/membership.json is not a file of the agent`);
  });

  test('is free again after an agent that could not start', async () => {
    const { port } = new URL(registry.url);
    await expect(it.start({}, it.clock, ['--port', port])).rejects.toThrow('EADDRINUSE');
    await it.start();
  });
});

describe('a key that has ended', () => {
  beforeEach(async () => {
    await it.start();
    await until('a poll', () => it.clock.pending().length > 0);
    it.app.revoke();
    await it.poll();
  });

  test('is logged once with what to do, and asked for slowly', async () => {
    const asked = it.app.asked.length;
    for (let minute = 0; minute < 14; minute += 1) {
      it.clock.advance(60);
      await until('a pause', () => it.clock.pending().length > 0);
    }
    expect(it.app.asked).toHaveLength(asked);
    await it.poll();
    await it.poll();
    expect(lines("the device's key has ended")).toHaveLength(1);
    expect(lines("the device's key has ended")[0]).toContain('--again');
  });

  test('lets the device join again beside the agent, which goes on with the new key', async () => {
    await it.join();
    await until('the new key', () => {
      const [wait] = it.clock.pending();
      if (wait !== undefined) it.clock.advance(wait);
      return lines('the device has joined again').length === 1;
    });
    await it.poll();
    expect(it.app.accepted.at(-1)).toMatchObject({ thumbprint: it.app.joined?.thumbprint });
    expect(lines('polling again')).toHaveLength(1);
    // The folder is the agent's again.
    await expect(it.join()).rejects.toThrow('is in use by another process');
  });

  test('says once for each reason why no new membership can be read, and goes on once one can', async () => {
    const file = join(it.folder, 'membership.json');
    const membership = await readFile(file);
    const look = async (times: number) => {
      for (let nth = 0; nth < times; nth += 1) {
        it.clock.advance(10);
        await until('a pause', () => it.clock.pending().length > 0);
      }
    };
    await chmod(file, 0o644);
    // The pause after the refusal is a minute at most.
    await look(12);
    await until('a line', () => lines('no new membership can be read').length === 1);
    expect(lines('no new membership can be read')[0]).toContain(`${file} is open to other users`);

    await chmod(file, 0o600);
    await writeFile(file, 'damaged');
    await look(3);
    await until('a line', () => lines('no new membership can be read').length === 2);
    expect(lines('no new membership can be read')[1]).toContain(`${file} is not a file of the agent`);

    await writeFile(file, membership);
    await it.join();
    await until('the new key', () => {
      const [wait] = it.clock.pending();
      if (wait !== undefined) it.clock.advance(wait);
      return lines('the device has joined again').length === 1;
    });
    expect(lines('no new membership can be read')).toHaveLength(2);
  });

  test('is tried again after 15 minutes, although the folder cannot be taken', async () => {
    await it.join();
    // A folder is never an abandoned lock.
    await mkdir(join(it.folder, 'agent.lock'));
    await it.poll();
    await it.poll();
    expect(lines('no new membership can be read')).toHaveLength(1);
    expect(lines('no new membership can be read')[0]).toContain(`${it.folder} cannot be taken (`);
    expect(lines('polling failed')).toHaveLength(1);
  });

  test('names a folder in use only if a second look finds it so: a join may be about to end', async () => {
    await it.join();
    const lock = await takeFolder(it.folder);
    const look = async () => {
      const before = it.clock.pending().length;
      it.clock.advance(it.clock.pending()[0] ?? 0);
      await until('a pause', () => it.clock.pending().length >= before);
    };
    // The pause after the refusal, which the first look follows.
    await look();
    expect(lines('no new membership can be read')).toEqual([]);
    for (let nth = 0; nth < 3; nth += 1) await look();
    expect(lines('no new membership can be read')).toHaveLength(1);
    expect(lines('no new membership can be read')[0]).toContain('is in use by another process');
    await lock.release();
    await look();
    await until('the new key', () => lines('the device has joined again').length === 1);
  });

  test('does not turn the agent into another client', async () => {
    const membership = await it.membership();
    await it.join();
    const found = await it.membership();
    const joined = { ...found, client: 'device-2' };
    await writeFile(join(it.folder, 'membership.json'), JSON.stringify(joined), { mode: 0o600 });
    // The pause after the refusal is a minute at most.
    for (let look = 0; look < 12; look += 1) {
      it.clock.advance(10);
      await until('a pause', () => it.clock.pending().length > 0);
    }
    await until('a line', () => lines('the device has joined as another client').length > 0);
    expect(lines('the device has joined as another client')).toHaveLength(1);
    await it.poll();
    expect(it.app.accepted.at(-1)?.thumbprint).not.toBe(found['thumbprint']);
    expect(it.app.accepted.at(-1)?.thumbprint).toBe(membership['thumbprint']);
  });

  test('is used again if the app has erred', async () => {
    const { thumbprint } = await it.membership();
    it.app.readmit();
    await it.poll();
    expect(it.app.joined?.thumbprint).toBe(thumbprint);
    await expect(it.join()).rejects.toThrow('is in use by another process');
  });
});

describe('a check from the command line', () => {
  test('reads sealed secrets beside a running agent', async () => {
    it.app.addSecret(MAIN, dockerConfig());
    await it.start();
    const secrets = await joinedSecrets({ folder: it.folder, timeout: 5_000 }, it.clock);
    expect(await secrets.read(MAIN, undefined, AbortSignal.timeout(10_000))).toMatchObject({
      version: 'v1',
      value: dockerConfig(),
    });
  });
});
