import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inEnvelope } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { sealToJoiner } from '@connected-registry/protocol/enrolment/joinToken';
import { readSignature, signerOf } from '@connected-registry/protocol/enrolment/signedRequests';
import { join } from '../../src/joined/joinCommand.js';
import { JoinFailure, JoinRefused } from '../../src/joined/joinFailures.js';
import type { KeyType } from '../../src/joined/keys/deviceKeyStore.js';
import { BadSettings } from '../../src/settings/badSettings.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { CLIENT, FakeApp, type Loss } from '../under-test/fakeApp.js';
import { until } from '../under-test/until.js';

const NAME = 'myregistry/myconnectedregistry/device-1';

let above: string;
let folder: string;
let clock: ManualClock;
let app: FakeApp;
let log: string[];

beforeEach(async () => {
  above = await mkdtemp(path(tmpdir(), 'join-'));
  folder = path(above, 'device');
  clock = new ManualClock();
  app = await FakeApp.start(() => clock.now());
  log = [];
});
afterEach(async () => {
  await app.close();
  await rm(above, { recursive: true, maxRetries: 5 });
});

interface Order {
  token: string;
  keyType?: KeyType;
  again?: boolean;
  deviceClock?: ManualClock;
  input?: AsyncIterable<unknown>;
}

async function* nothing(): AsyncGenerator {}

/** Joins, as the command does. Its pauses end at once. */
async function joined({ token, keyType = 'p256', again = false, deviceClock = clock, input }: Order): Promise<string> {
  const tokenFile = input ? '-' : path(above, 'token');
  await writeFile(path(above, 'token'), `${token}\n`);
  const settings = { tokenFile, url: app.url, folder, keyType, again, timeout: 5_000 };
  let isOver = false;
  const ended = join(settings, {
    clock: deviceClock,
    input: input ?? nothing(),
    log: (message, facts) => void log.push(JSON.stringify({ message, ...facts })),
  }).finally(() => (isOver = true));
  ended.catch(() => undefined);
  await until('the end of the join', () => {
    const [wait] = deviceClock.pending();
    if (wait !== undefined) deviceClock.advance(wait);
    return isOver;
  });
  return ended;
}

const failure = (order: Order) => joined(order).then(String, (error: unknown) => error);
const membership = async () =>
  JSON.parse(await readFile(path(folder, 'membership.json'), 'utf8')) as Record<string, unknown>;

describe.each<KeyType>(['p256', 'ed25519'])('a device with keys of type %s', (keyType) => {
  test('joins, and keeps keys and membership for itself alone', async () => {
    expect(await joined({ token: app.issue(), keyType })).toBe(NAME);

    const { thumbprint } = app.joined ?? {};
    expect(await readdir(folder)).toEqual([`keys-${thumbprint}.json`, 'membership.json']);
    expect(await membership()).toMatchObject({
      url: app.url,
      client: 'device-1',
      thumbprint,
      keysSince: clock.now().toISOString(),
      pass: app.passOf(thumbprint ?? ''),
    });
    expect((await stat(folder)).mode & 0o7777).toBe(0o700);
    for (const name of await readdir(folder)) expect((await stat(path(folder, name))).mode & 0o7777).toBe(0o600);
    expect(app.joined?.keys.signing.kty).toBe(keyType === 'p256' ? 'EC' : 'OKP');
  });

  test('is answered the same again with the same token, and keeps its keys', async () => {
    const token = app.issue();
    await joined({ token, keyType });
    const before = await membership();
    expect(await joined({ token, keyType })).toBe(NAME);
    expect(await membership()).toEqual(before);
    expect(app.refused).toEqual([]);
  });
});

describe('a join survives', () => {
  test.each<[string, Loss[]]>([
    ['a lost request', ['request']],
    ['a lost answer', ['answer']],
    ['many of both', ['answer', 'request', 'answer', 'answer', 'request']],
  ])('%s, with the keys that it began with', async (_case, losses) => {
    app.losses.push(...losses);
    expect(await joined({ token: app.issue() })).toBe(NAME);
    expect(new Set(app.accepted.map(({ thumbprint }) => thumbprint)).size).toBe(1);
    expect((await membership())['thumbprint']).toBe(app.joined?.thumbprint);
  });

  test('an app that is away for longer than the command waits: the next one continues with the same keys', async () => {
    const token = app.issue();
    let requests = 0;
    app.override = (_request, response) => {
      requests += 1;
      response.writeHead(503).end();
      return true;
    };
    expect(await failure({ token })).toMatchObject({ name: 'JoinFailure', message: expect.stringMatching(/503/) });
    expect(requests).toBeGreaterThan(15);
    const [keys] = (await readdir(folder)).filter((name) => name.startsWith('keys-'));

    app.override = undefined;
    expect(await joined({ token })).toBe(NAME);
    expect(await readdir(folder)).toEqual([keys, 'membership.json']);
  });

  test('something on the way that sends a request twice', async () => {
    let requests = 0;
    app.override = (_request, response) => {
      requests += 1;
      if (requests > 1) return false;
      response.writeHead(401).end(JSON.stringify({ code: 'device-request-replayed', now: clock.now().toISOString() }));
      return true;
    };
    expect(await joined({ token: app.issue() })).toBe(NAME);
    expect(requests).toBe(2);
  });

  test.each([3, -3, 24 * 365, -24 * 365 * 20])('a clock that is wrong by %i hours', async (hours) => {
    const deviceClock = new ManualClock(new Date(clock.now().getTime() + hours * 3_600_000));
    expect(await joined({ token: app.issue(), deviceClock })).toBe(NAME);
    expect(app.refused).toEqual(['device-signature']);
    // What is kept is the app's time, by which keys age.
    expect((await membership())['keysSince']).toBe(clock.now().toISOString());
    expect(log.join()).toContain("this machine's clock is wrong");
  });
});

test('a join with another token does not use the keys of one that has not ended', async () => {
  app.override = (_request, response) => {
    response.writeHead(503).end();
    return true;
  };
  await failure({ token: app.issue() });
  const [unfinished = ''] = (await readdir(folder)).filter((name) => name.startsWith('keys-'));
  app.override = undefined;
  expect(await joined({ token: app.issue() })).toBe(NAME);
  expect(await readdir(folder)).toEqual([`keys-${app.joined?.thumbprint}.json`, 'membership.json']);
  expect(unfinished).not.toContain(app.joined?.thumbprint);
});

describe('the app refuses', () => {
  test('a token that another device has used', async () => {
    const token = app.issue();
    await joined({ token });
    await rm(folder, { recursive: true });
    const refused = await failure({ token });
    expect(refused).toBeInstanceOf(JoinRefused);
    expect(String(refused)).toMatch(/used with other keys.*new join token/);
  });

  test('a token that was not used in time', async () => {
    expect(String(await failure({ token: app.issue({ isExpired: true }) }))).toMatch(/has expired.*new join token/);
  });

  test('a token after which another was issued', async () => {
    const token = app.issue();
    app.issue();
    expect(String(await failure({ token }))).toMatch(/not valid any more/);
  });

  test('a token that is not of the app, after some signatures', async () => {
    expect(String(await failure({ token: 'crjoin1.a.b.c' }))).toMatch(/does not accept the join token/);
    expect(app.refused).toEqual(Array.from({ length: 5 }, () => 'device-signature'));
  });

  test.each(['crjoin1.a.b', 'crpass1.a.b.c', 'crjoin1.a.b.c.d', 'crjoin1.a.b.', 'token'])(
    'not %s, which is no join token and is not sent',
    async (token) => {
      const refused = await failure({ token });
      expect(refused).toBeInstanceOf(JoinRefused);
      expect(String(refused)).toMatch(/holds no join token/);
      expect(app.asked).toEqual([]);
    },
  );

  test('a signature that a front end has sent twice, and the next one is let in', async () => {
    let requests = 0;
    app.override = (_request, response) => {
      requests += 1;
      if (requests > 4) return false;
      response.writeHead(401).end(JSON.stringify({ code: 'device-signature', now: clock.now().toISOString() }));
      return true;
    };
    expect(await joined({ token: app.issue() })).toBe(NAME);
    expect(requests).toBe(5);
  });

  test.each<[number, Record<string, string>, RegExp]>([
    [403, {}, /join token may not be used from this device's address/],
    [404, {}, /no app that devices can join/],
    [401, {}, /asks for another identity/],
    [302, { location: 'https://elsewhere.example/' }, /redirects \(302\)/],
    [400, {}, /refused the join \(400\)/],
  ])('with %i', async (status, headers, message) => {
    app.override = (_request, response) => {
      response
        .writeHead(status, headers)
        .end(JSON.stringify(status === 403 ? { code: 'join-address' } : { title: 'text from outside' }));
      return true;
    };
    const refused = await failure({ token: app.issue() });
    expect(refused).toBeInstanceOf(JoinRefused);
    expect(String(refused)).toMatch(message);
    expect(String(refused)).not.toContain('text from outside');
  });
});

describe('an answer that is not the app’s is not believed', () => {
  const other = () => randomBytes(32).toString('base64url');
  const kinds: [string, () => void][] = [
    ['for another key', () => (app.admitted = (plain) => ({ ...plain, thumbprint: 'A'.repeat(43) }))],
    ['of a client with an impossible name', () => (app.admitted = (plain) => ({ ...plain, client: 'a/b' }))],
    ['without a pass', () => (app.admitted = (plain) => ({ ...plain, pass: '' }))],
    ['without a channel key', () => (app.admitted = ({ channelKey: _, ...plain }) => plain)],
    ['that is too large', () => (app.admitted = (plain) => ({ ...plain, more: 'x'.repeat(10_000) }))],
    ['to another request', () => (app.forged = { nonce: 'n'.repeat(22) })],
    ['of another kind', () => (app.forged = { kind: 'keys' })],
  ];
  test.each(kinds)('%s', async (_case, change) => {
    change();
    let requests = 0;
    app.override = () => {
      requests += 1;
      if (requests > 1) Object.assign(app, { admitted: (plain: object) => plain, forged: {} });
      return false;
    };
    expect(await joined({ token: app.issue() })).toBe(NAME);
    expect(log.join()).toContain('an answer that is not');
    expect(requests).toBe(2);
    expect((await membership())['pass']).toBe(app.passOf(app.joined?.thumbprint ?? ''));
  });

  const answers: [string, (thumbprint: string, nonce: string) => Promise<object>][] = [
    ['in clear', (thumbprint) => Promise.resolve({ ...CLIENT, thumbprint, pass: 'p', channelKey: other() })],
    [
      'sealed with another token',
      async (thumbprint, nonce) => {
        const content = { ...CLIENT, thumbprint, pass: 'p', channelKey: other() };
        return { sealed: await sealToJoiner(inEnvelope(content, { kind: 'join', nonce }), other()) };
      },
    ],
    ['that is no JWE', () => Promise.resolve({ sealed: 'a.b.c' })],
  ];
  test.each(answers)('%s', async (_case, forge) => {
    let requests = 0;
    app.override = (request, response) => {
      requests += 1;
      const signature = readSignature(request.headers.authorization ?? null);
      if (requests > 1 || !signature) return false;
      void signerOf(signature)
        .then((thumbprint) => forge(thumbprint, signature.nonce))
        .then((answer) => response.end(JSON.stringify(answer)));
      return true;
    };
    expect(await joined({ token: app.issue() })).toBe(NAME);
    expect([requests, log.join()]).toEqual([2, expect.stringContaining('an answer that is not')]);
    expect((await membership())['pass']).toBe(app.passOf(app.joined?.thumbprint ?? ''));
  });
});

describe('a device that has joined', () => {
  test('does not join with another token unless told so', async () => {
    await joined({ token: app.issue() });
    const before = await membership();
    const refused = await failure({ token: app.issue() });
    expect(refused).toBeInstanceOf(JoinFailure);
    expect(refused).not.toBeInstanceOf(JoinRefused);
    expect(String(refused)).toContain('--again');
    expect(await membership()).toEqual(before);
  });

  test('joins again with new keys, and has the old ones until then', async () => {
    await joined({ token: app.issue() });
    const before = await membership();
    expect(await failure({ token: app.issue({ isExpired: true }), again: true })).toBeInstanceOf(JoinRefused);
    expect(await membership()).toEqual(before);
    expect(await readdir(folder)).toContain(`keys-${String(before['thumbprint'])}.json`);

    expect(await joined({ token: app.issue(), again: true })).toBe(NAME);
    const { thumbprint } = await membership();
    expect(thumbprint).not.toBe(before['thumbprint']);
    expect(await readdir(folder)).toEqual([`keys-${String(thumbprint)}.json`, 'membership.json']);
  });

  test('that joins again after its revocation with the old token gets a refusal that asks for a new one', async () => {
    const token = app.issue();
    await joined({ token });
    app.revoke();
    expect(String(await failure({ token }))).toMatch(/not valid any more.*new join token/);
  });
});

describe('the join token', () => {
  test('comes from standard input', async () => {
    const token = app.issue();
    async function* pieces(): AsyncGenerator {
      yield Buffer.from(token.slice(0, 9));
      yield Buffer.from(`${token.slice(9)}\n`);
    }
    expect(await joined({ token: 'none', input: pieces() })).toBe(NAME);
  });

  test.each(['', 'two words', 'x'.repeat(9_000), 'é'])('is refused before any request if it is %j', async (token) => {
    expect(await failure({ token })).toBeInstanceOf(BadSettings);
    expect(app.accepted).toEqual([]);
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });

  test('and the keys are in no line of the log', async () => {
    const token = app.issue();
    app.losses.push('answer', 'request');
    await joined({ token });
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(path(folder, name), 'utf8')));
    const [, , , secretPart = ''] = token.split('.');
    expect(files.join()).not.toContain(secretPart);
    const { channelKey } = await membership();
    const secrets = files.join().match(/"d":"[^"]+"/g) ?? [];
    expect(secrets).toHaveLength(2);
    for (const secret of [token, secretPart, String(channelKey), ...secrets.map((one) => one.slice(5, -1))])
      expect(log.join()).not.toContain(secret);
  });
});
