import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { hashOfJoinToken } from '../../../../../src/domain/enrolment/serverPasses.js';
import { CONNECTED_REGISTRY } from '../../../fakes/answers/requests.js';
import { CLIENT, EnrolmentWorld, KEY } from '../../../fakes/enrolment/enrolmentWorld.js';

const ONE = { connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
const named = (client: string, more: object = {}) => ({ ...ONE, client, ...more });

let world: EnrolmentWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00.000Z') });
  world = new EnrolmentWorld();
});
afterEach(() => vi.useRealTimers());

interface Part {
  readonly client: string;
  readonly joinToken?: string;
  readonly expiresAt?: string;
  readonly problem?: { readonly code: string };
}
const parts = (answer: { body: Readonly<Record<string, unknown>> }) => answer.body['enrolments'] as Part[];

describe('a join token', () => {
  test('is answered once, and its hash alone is kept', async () => {
    const answer = await world.issue();
    expect([answer.status, answer.headers]).toEqual([
      201,
      { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    ]);
    const [part] = parts(answer);
    const { joinToken = '' } = part ?? {};
    expect(part).toEqual({ key: clientKey(CLIENT), ...CLIENT, joinToken, expiresAt: '2026-03-02T12:00:00.000Z' });
    expect(joinToken).toMatch(/^crjoin1(\.[A-Za-z0-9_-]+){3}$/);
    expect(world.engine.record().enrolment).toEqual({
      hash: hashOfJoinToken(joinToken),
      issuedAt: '2026-03-01T12:00:00.000Z',
      expiresAt: '2026-03-02T12:00:00.000Z',
    });
    const kept = JSON.stringify([[...world.engine.entities], world.engine.signals, world.lines]);
    for (const secret of [
      joinToken,
      ...joinToken
        .split('.')
        .slice(1)
        .filter((text) => text.length > 20),
    ])
      expect(kept).not.toContain(secret);
    expect(world.lines.join()).toContain('"audit":"enrolment.issue.succeeded","actor":"function-key"');
  });

  test.each([
    ['issued the last token', async () => void (await world.issue())],
    ['withdrew the last token', async () => void (await world.issue(), await world.withdraw())],
  ])('is issued by a host whose clock is behind that of the one that %s', async (_, before) => {
    await before();
    vi.setSystemTime(Date.now() - 120_000);
    const [part] = parts(await world.issue());
    expect(part).toMatchObject({ expiresAt: '2026-03-02T11:58:00.000Z' });
    expect(world.engine.record().enrolment).toMatchObject({
      hash: hashOfJoinToken(part?.joinToken ?? ''),
      issuedAt: '2026-03-01T12:00:00.001Z',
    });
  });

  const ENDS = [
    ['a revocation', 'revoke', (at: string) => ({ at, until: at })],
    ['an offboarding', 'beginOffboarding', (requestedAt: string) => ({ requestedAt })],
  ] as const;

  test.each(ENDS)(
    'is not opened by a signal that comes after %s, though the last token is of a host whose clock is ahead',
    async (_, operation, request) => {
      await world.issue();
      vi.setSystemTime(Date.now() - 3_600_000);
      world.engine.fate = 'held';
      await world.issue();
      await world.engine.request(operation, request(new Date().toISOString()));
      await world.engine.deliver();
      expect(world.engine.record().enrolment).toBeUndefined();
      world.engine.fate = 'done';
      expect((await world.issue()).status).toBe(201);
    },
  );

  test.each(ENDS)('is issued by a host whose clock is behind that of the one of %s', async (_, operation, request) => {
    await world.engine.request(operation, request(new Date().toISOString()));
    vi.setSystemTime(Date.now() - 120_000);
    expect((await world.issue()).status).toBe(201);
  });

  test('has the lifetime and the addresses of the request', async () => {
    const addresses = ['198.51.100.0/24', '2001:db8::/48', '192.0.2.1'];
    const [part] = parts(await world.issue({ ...ONE, lifetimeHours: 168, addresses }));
    expect(part?.expiresAt).toBe('2026-03-08T12:00:00.000Z');
    expect(world.engine.record().enrolment?.addresses).toEqual(addresses);
  });

  test('is issued for several clients in their order, with defaults for those that have none', async () => {
    const body = {
      clients: [named('a', { lifetimeHours: 1 }), named('b'), named('c', { addresses: ['192.0.2.1'] })],
      lifetimeHours: 2,
      addresses: ['198.51.100.0/24'],
    };
    const found = parts(await world.issue(body));
    expect(found.map(({ client, expiresAt }) => [client, expiresAt?.slice(11, 13)])).toEqual([
      ['a', '13'],
      ['b', '14'],
      ['c', '14'],
    ]);
    expect(new Set(found.map(({ joinToken }) => joinToken)).size).toBe(3);
  });

  test('is issued for the rows of a CSV file', async () => {
    const body = `client,connectedRegistry,addresses\nsensor-7,${CONNECTED_REGISTRY},192.0.2.1;198.51.100.0/24\nb,${CONNECTED_REGISTRY},\n`;
    const answer = await world.issue(body, {
      headers: { 'content-type': 'text/csv' },
      query: { lifetimeHours: '3', addresses: '203.0.113.7' },
    });
    expect(parts(answer).map(({ client, expiresAt }) => [client, expiresAt])).toEqual([
      ['sensor-7', '2026-03-01T15:00:00.000Z'],
      ['b', '2026-03-01T15:00:00.000Z'],
    ]);
    expect(world.engine.record().enrolment?.addresses).toEqual(['192.0.2.1', '198.51.100.0/24']);
  });
});

describe('a client that has a device or a credential', () => {
  const TAKEN = { held: [{ token: 'a-token' }] };
  const entity = (client: string) => `@client@${clientKey({ ...CLIENT, client })}`;
  const FIX = expect.stringContaining('send replace: true') as unknown;

  test.each([
    ['a poller', { polling: { current: { objectId: 'x' } } }, 'is not true, and an identity polls for this client'],
    ['a device', { joined: { thumbprint: 'x' } }, 'is not true, and this client has a device with keys of its own'],
    ['a credential', TAKEN, 'is not true, and this client has a credential'],
  ])('of %s gets no token by mistake, and gets one on demand', async (_, record, message) => {
    world.engine.entities.set(entity('sensor-7'), record);
    const { status, body } = await world.issue();
    expect([status, body['code']]).toEqual([409, 'enrolment-needs-replace']);
    expect(body['errors']).toEqual([{ field: 'replace', message, fix: FIX }]);
    expect((await world.issue({ ...ONE, replace: false })).status).toBe(409);
    expect(world.engine.signals).toEqual([]);
    expect((await world.issue({ ...ONE, replace: true })).status).toBe(201);
    expect(world.lines.join()).toContain('"reason":"replace"');
  });

  test('keeps the others of its request from theirs, and is named by its row', async () => {
    world.engine.entities.set(entity('b'), TAKEN);
    world.engine.entities.set(entity('d'), TAKEN);
    const clients = [named('a'), named('b'), named('c', { replace: true }), named('d')];
    const { status, body } = await world.issue({ clients });
    expect(status).toBe(409);
    expect(body['errors']).toMatchObject([
      { row: 2, field: 'clients.1.replace' },
      { row: 4, field: 'clients.3.replace' },
    ]);
    expect(world.engine.signals).toEqual([]);
  });

  test.each<[string, number, unknown]>([
    ['true', 201, undefined],
    ['False', 409, [{ row: 3, column: 'replace' }]],
    ['', 409, [{ row: 3, column: 'replace' }]],
    ['yes', 400, [{ row: 3, column: 'replace' }]],
  ])('in CSV says %j', async (cell, expected, errors) => {
    world.engine.entities.set(entity('b'), TAKEN);
    const csv = `connectedRegistry,client,replace\n${CONNECTED_REGISTRY},a,\n${CONNECTED_REGISTRY},b,${cell}\n`;
    const answer = await world.issue(csv, { headers: { 'content-type': 'text/csv' } });
    expect([answer.status, answer.body]).toMatchObject([expected, errors === undefined ? {} : { errors }]);
  });

  test('that has only an open token gets another one', async () => {
    await world.token();
    vi.setSystemTime(Date.now() + 1);
    expect((await world.issue()).status).toBe(201);
  });
});

describe('a request for join tokens', () => {
  test.each([
    ['an unknown field', { ...ONE, password: 'x' }, 'password', 'is not a known field'],
    ['no client', { connectedRegistry: CONNECTED_REGISTRY }, 'client', 'is missing'],
    ['a name that is none', { ...ONE, client: 'a b' }, 'client', 'is not a valid name'],
    ['another registry', { ...ONE, registry: 'otherregistry' }, 'registry', 'is not a configured registry'],
    ['no time', { ...ONE, lifetimeHours: 0 }, 'lifetimeHours', 'must be at least 1'],
    ['a long time', { ...ONE, lifetimeHours: 169 }, 'lifetimeHours', 'must be at most 168'],
    ['half an hour', { ...ONE, lifetimeHours: 1.5 }, 'lifetimeHours', 'must be a whole number'],
    ['no address', { ...ONE, addresses: [] }, 'addresses', 'must have at least one address'],
    ['a host name', { ...ONE, addresses: ['a.example'] }, 'addresses.0', 'is not an IP address or a network'],
    [
      'a prefix that is none',
      { ...ONE, addresses: ['10.0.0.0/33'] },
      'addresses.0',
      'is not an IP address or a network',
    ],
    ['a zone', { ...ONE, addresses: ['fe80::1%eth0'] }, 'addresses.0', 'is not an IP address or a network'],
    [
      'an IPv4 address in IPv6',
      { ...ONE, addresses: ['::ffff:10.0.0.1'] },
      'addresses.0',
      'is an IPv4 address in IPv6: write it as IPv4',
    ],
    [
      'eleven addresses',
      { ...ONE, addresses: Array.from({ length: 11 }, () => '10.0.0.1') },
      'addresses',
      'must have at most 10 addresses',
    ],
    ['no clients', { clients: [] }, 'clients', 'must name at least one client'],
    [
      'many clients',
      { clients: Array.from({ length: 101 }, (_, nth) => named(`c${nth}`)) },
      'clients',
      'must name at most 100 clients',
    ],
    ['a field beside clients', { clients: [ONE], client: 'x' }, 'client', 'is not a known field'],
    ['a list', [ONE], 'body', 'Invalid input: expected object, received array'],
  ])('with %s is refused', async (_, body, field, message) => {
    const answer = await world.issue(body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual(
      expect.arrayContaining([expect.objectContaining({ field, message, fix: expect.any(String) as unknown })]),
    );
    expect(answer.body['detail']).toContain('No join token was issued.');
    expect(world.engine.signals).toEqual([]);
  });

  test('names each faulty row, and issues nothing', async () => {
    const clients = [
      named('a'),
      named('b', { lifetimeHours: 'long' }),
      named('a'),
      named('d', { registry: 'otherregistry' }),
    ];
    const { status, body } = await world.issue({ clients });
    expect(status).toBe(400);
    expect(body['errors']).toMatchObject([
      { row: 2, field: 'clients.1.lifetimeHours' },
      { row: 3, field: 'clients.2.client', message: 'is named twice' },
      { row: 4, field: 'clients.3.registry', message: 'is not a configured registry' },
    ]);
    expect(world.engine.signals).toEqual([]);
  });

  test('in CSV names line and column, of the file and of its values', async () => {
    const csv = (body: string, query = {}) => world.issue(body, { headers: { 'content-type': 'text/csv' }, query });
    const head = 'connectedRegistry,client,lifetimeHours\n';
    expect((await csv(`${head}${CONNECTED_REGISTRY},a,never\n`)).body['errors']).toMatchObject([
      { row: 2, column: 'lifetimeHours', field: 'lifetimeHours' },
    ]);
    expect((await csv(`${head}${CONNECTED_REGISTRY},a\n`)).body['errors']).toMatchObject([{ row: 2 }]);
    expect((await csv(`${head}${CONNECTED_REGISTRY},a,\n`, { lifetimeHours: 'x' })).body['errors']).toMatchObject([
      { field: 'lifetimeHours' },
    ]);
    expect((await csv(`${head}${CONNECTED_REGISTRY},a,\n`, { size: '3' })).body['errors']).toMatchObject([
      { field: 'size' },
    ]);
    expect((await csv('x'.repeat(200_000))).status).toBe(413);
    const rows = Array.from({ length: 101 }, (_, nth) => `${CONNECTED_REGISTRY},c${nth},\n`).join('');
    expect((await csv(head + rows)).body['errors']).toMatchObject([{ row: 102, message: 'is one row too many' }]);
    expect(world.engine.signals).toEqual([]);
  });
});

describe('an engine that does not confirm', () => {
  test('one client: the token is not shown, and the caller repeats the request', async () => {
    world.engine.fate = 'lost';
    const answer = await world.issue();
    expect([answer.status, answer.headers?.['retry-after'], answer.body['code']]).toEqual([503, '5', 'engine-slow']);
    expect(JSON.stringify(answer)).not.toContain('crjoin1');
    expect(world.lines.join()).toContain('enrolment.issue.failed');
  });

  test('one of several: the others get their tokens, whatever went wrong', async () => {
    let nth = 0;
    world.engine.onSignal = () => {
      nth += 1;
      if (nth === 1) throw new Error('the engine said a-secret');
      world.engine.fate = nth === 2 ? 'lost' : 'done';
    };
    const answer = await world.issue({ clients: [named('a'), named('b'), named('c')] });
    expect(answer.status).toBe(201);
    expect(
      parts(answer).map(({ client, joinToken, problem }) => [client, joinToken !== undefined, problem?.code]),
    ).toEqual([
      ['a', false, 'engine-slow'],
      ['b', false, 'engine-slow'],
      ['c', true, undefined],
    ]);
    expect(world.lines.join()).not.toContain('a-secret');
  });
});

describe('a withdrawal', () => {
  test('ends an open token, and a second one finds none', async () => {
    await world.token();
    expect((await world.withdraw()).status).toBe(204);
    expect(world.engine.record().enrolment).toBeUndefined();
    expect((await world.withdraw()).body['code']).toBe('enrolment-not-found');
  });

  test.each(['Not-a-key', '', 'x'.repeat(101), '__proto__'])('of %j finds no client', async (key) => {
    expect((await world.withdraw(key)).body['code']).toBe('client-not-found');
  });

  test('that is not confirmed says so', async () => {
    await world.token();
    world.engine.fate = 'lost';
    const { status, body, headers } = await world.withdraw();
    expect([status, body['code'], headers?.['retry-after']]).toEqual([503, 'engine-slow', '5']);
  });

  test('leaves a token that was issued since', async () => {
    await world.token();
    const later = { ...world.engine.record().enrolment, hash: 'later', issuedAt: '2026-03-01T12:00:01.000Z' };
    world.engine.onSignal = () => void world.engine.entities.set(`@client@${KEY}`, { enrolment: later });
    expect((await world.withdraw()).status).toBe(204);
    expect(world.engine.record().enrolment).toEqual(later);
  });
});
