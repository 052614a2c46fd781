import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sealAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { readHubKeys } from '@connected-registry/protocol/enrolment/hubKeys';
import { readSignature } from '@connected-registry/protocol/enrolment/signedRequests';
import { machineClock } from '../../src/agentClock.js';
import { createClockSkew } from '../../src/clockSkew.js';
import { hubSecrets, openHubDevice } from '../../src/joined/hub/hubDevice.js';
import type { HubDevice } from '../../src/joined/hub/hubDevice.js';
import { signingDevice } from '../../../../test/shared/signingDevice.js';

const PLACE = { hub: 'plant.example', device: 'edge-1' };
const NAMES = { registry: 'contoso', connectedRegistry: 'plant', client: PLACE.device };
const channelKey = Buffer.alloc(32, 3).toString('base64url');
const ADMISSION = { pass: 'crpass1.a.b.c', channelKey };
const MESSAGE = { specversion: '1.0', type: 'T', id: '1' };
const SECRET = {
  name: 'A-Secret',
  version: 'v1',
  createdOn: '2026-03-01T12:00:00.000Z',
  tags: {},
  value: '{"auths":{}}',
};

let above: string;
let app: Server;
let url: string;
/** The app's answer to each request. */
let respond: (pass: string) => number | Promise<number>;
let asked: string[];
let log: string[];
let device: HubDevice | undefined;

beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), 'hub-keys-'));
  [asked, log] = [[], []];
  respond = (pass) => (pass === ADMISSION.pass ? 204 : 401);
  app = createServer((request, response) => {
    const { pass = '' } = readSignature(request.headers.authorization ?? null) ?? {};
    asked.push(`${request.url} ${pass}`);
    void Promise.resolve(respond(pass)).then((status) => response.writeHead(status).end());
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const address = app.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterEach(async () => {
  await device?.close();
  device = undefined;
  app.closeAllConnections();
  app.close();
  await rm(above, { recursive: true, maxRetries: 5 });
});

const folder = () => join(above, 'device');
const tell = (message: string, facts?: object) => void log.push(JSON.stringify({ message, ...facts }));
const open = () => {
  const skew = createClockSkew(machineClock, tell);
  const options = { folder: folder(), url, place: PLACE, timeout: 5_000, clock: machineClock, skew, log: tell };
  return openHubDevice(options);
};
/** Starts the agent's device, and ends the one before. */
async function start(): Promise<HubDevice> {
  await device?.close();
  device = undefined;
  device = await open();
  return device;
}
async function reportedBy({ reportedKeys }: HubDevice) {
  const found = await readHubKeys(reportedKeys, PLACE);
  if ('fault' in found) throw new Error(found.fault);
  return found;
}

/** What the app sends to a device, or what somebody else makes of it. */
async function payloadFor(
  to: HubDevice,
  changes: { content?: object; key?: string; nonce?: string; kind?: 'messages' | 'secret'; secretKey?: string } = {},
) {
  const { keys, thumbprint } = await reportedBy(to);
  const content = {
    ...NAMES,
    time: new Date().toISOString(),
    messages: [MESSAGE],
    admission: ADMISSION,
    ...changes.content,
  };
  const channel = {
    sealingKey: keys.sealing,
    channelKey: changes.key ?? channelKey,
    nonce: changes.nonce ?? thumbprint,
  };
  const message = await sealAnswer(content, changes.kind ?? 'messages', channel);
  const secretChannel = { ...channel, channelKey: changes.secretKey ?? channelKey };
  return { message, secret: await sealAnswer(SECRET, 'secret', secretChannel) };
}

const none = new AbortController().signal;

describe('keys of a device of a hub', () => {
  test('are made once, are for their owner alone, and are the same after a restart', async () => {
    const first = await reportedBy(await start());
    expect((await stat(folder())).mode & 0o777).toBe(0o700);
    for (const name of (await readdir(folder())).filter((one) => one.endsWith('.json')))
      expect((await stat(join(folder(), name))).mode & 0o777).toBe(0o600);
    expect((await reportedBy(await start())).thumbprint).toBe(first.thumbprint);
  });

  test('are made anew if they are lost, since the hub vouches for them', async () => {
    const first = await reportedBy(await start());
    await device?.close();
    device = undefined;
    await rm(join(folder(), `keys-${first.thumbprint}.json`));
    expect((await reportedBy(await start())).thumbprint).not.toBe(first.thumbprint);
    expect((await readdir(folder())).filter((name) => name.startsWith('keys-'))).toHaveLength(1);
  });

  test('are not put beside those of a join token, and belong to one process', async () => {
    await start();
    await expect(open()).rejects.toThrow(/another/);
    await device?.close();
    device = undefined;
    const unfinished = { token: 'T'.repeat(43), thumbprint: 'K'.repeat(43) };
    await writeFile(join(folder(), 'join.json'), JSON.stringify(unfinished), { mode: 0o600 });
    await expect(start()).rejects.toThrow(/JOIN_FOLDER/);
  });
});

describe('a message by the hub', () => {
  test('is believed once the app lets its pass in, which is asked once, and kept', async () => {
    const to = await start();
    const payload = await payloadFor(to);
    expect(await to.open(payload)).toEqual({ messages: [MESSAGE] });
    expect(await to.open(payload)).toEqual({ messages: [MESSAGE] });
    expect(asked).toEqual([`/api/devices/messages?wait=0 ${ADMISSION.pass}`]);
    const again = await start();
    expect(again.known).toHaveLength(1);
    expect(await again.open(payload)).toEqual({ messages: [MESSAGE] });
    expect(asked).toHaveLength(1);
    expect(log.join()).not.toContain(channelKey);
    expect(log.join()).not.toContain(ADMISSION.pass);
  });

  test.each([401, 403, 500, 200])('waits while the app answers %i to its pass, and changes nothing', async (status) => {
    const to = await start();
    const before = await readFile(join(folder(), 'hub.json'), 'utf8');
    respond = () => status;
    expect(await to.open(await payloadFor(to))).toMatchObject({ lasting: false });
    expect(await readFile(join(folder(), 'hub.json'), 'utf8')).toBe(before);
    respond = () => 204;
    expect(await to.open(await payloadFor(to))).toEqual({ messages: [MESSAGE] });
  });

  test('with a known pass must be signed with the channel key that came with it', async () => {
    const to = await start();
    await to.open(await payloadFor(to));
    const other = Buffer.alloc(32, 9).toString('base64url');
    const forged = { key: other, content: { admission: { ...ADMISSION, channelKey: other } } };
    expect(await to.open(await payloadFor(to, forged))).toMatchObject({ lasting: true });
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['for another client', { content: { client: 'edge-2' } }],
    ['without what lets the device in', { content: { admission: undefined } }],
    ['signed for other keys', { nonce: 'N'.repeat(43) }],
    ['signed with another key', { key: Buffer.alloc(32, 9).toString('base64url') }],
    ['of another kind', { kind: 'secret' as const }],
  ])('that is %s is refused for good, and the app is not asked', async (_, changes) => {
    const to = await start();
    expect(await to.open(await payloadFor(to, changes))).toMatchObject({ lasting: true });
    expect(asked).toEqual([]);
  });

  test('that is sealed to other keys, or is none, waits until the app has read the present ones', async () => {
    const to = await start();
    const { keys } = await signingDevice('ES256');
    const channel = { sealingKey: keys.sealingKey, channelKey, nonce: 'N'.repeat(43) };
    for (const message of [await sealAnswer({}, 'messages', channel), 'x', 'a.b.c.d.e'])
      expect(await to.open({ message })).toMatchObject({ lasting: false });
  });
});

describe('a secret', () => {
  test('that came with a message is not asked for; others are, with the pass', async () => {
    const to = await start();
    await expect(to.secrets.read('a-secret', 'v1', none)).rejects.toThrow('not used the keys');
    await to.open(await payloadFor(to));
    expect(await to.secrets.read('a-secret', 'v1', none)).toMatchObject({ value: SECRET.value, name: 'a-secret' });
    expect(asked).toHaveLength(1);
    await expect(to.secrets.read('a-secret', 'v2', none)).rejects.toThrow();
    expect(asked.at(-1)).toBe(`/api/devices/secrets?name=a-secret&version=v2 ${ADMISSION.pass}`);
    const once = await hubSecrets({ folder: folder(), url, timeout: 5_000 }, machineClock);
    await expect(once.read('a-secret', undefined, none)).rejects.toThrow();
    expect(asked.at(-1)).toBe(`/api/devices/secrets?name=a-secret ${ADMISSION.pass}`);
  });

  test('that was signed by somebody else is not kept, and the message counts', async () => {
    const to = await start();
    const payload = await payloadFor(to, { secretKey: Buffer.alloc(32, 9).toString('base64url') });
    expect(await to.open(payload)).toEqual({ messages: [MESSAGE] });
    await expect(to.secrets.read('a-secret', 'v1', none)).rejects.toThrow();
    expect(log.join()).toContain('secret of a message refused');
  });
});
