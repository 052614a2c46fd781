import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import type { Queries } from '../../../../../src/queries/queries.js';
import { postRollouts } from '../../../../../src/triggers/http/routes/rollouts.js';
import { resourceName } from '../../../../../src/serviceErrors/serviceFacts.js';
import { ServiceError } from '../../../../../src/serviceErrors/serviceError.js';
import { whileTimePasses } from '../../../fakes/advance.js';
import { RolloutEngine } from '../../../fakes/durable/rolloutEngine.js';
import { httpRequest, seen } from '../../../fakes/durable/durableClient.js';
import { misfits } from '../../../fakes/answers/apiDocument.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../../../fakes/answers/requests.js';

const SCHEMA = { $ref: '#/components/schemas/Rollout' };
const SUBSCRIPTION = '8f4d2d1e-0001-4b7e-9c55-0d6a3f1c2b10';
const row = (client: string, more: object = {}) => ({ connectedRegistry: CONNECTED_REGISTRY, client, ...more });
const ONBOARD = { kind: 'onboard', defaults: { connectedRegistry: CONNECTED_REGISTRY, repositories: ['hello-world'] } };

let engine: RolloutEngine;
let settings: Record<string, string>;
/** Tokens that the connected registry has. */
let bound: string[];
let inventory: Queries['inventory'];

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z'), toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  engine = new RolloutEngine();
  [settings, bound] = [{}, []];
  inventory = { clients: async () => ({ clients: [] }), client: async () => undefined };
});
afterEach(() => vi.useRealTimers());

async function post(body: unknown, more: { headers?: Record<string, string>; query?: Record<string, string> } = {}) {
  const slowFacts: Queries['slowFacts'] = async (registry) => ({
    registry: undefined,
    connectedRegistries:
      registry === REGISTRY
        ? [{ name: CONNECTED_REGISTRY, mode: 'ReadOnly', isActive: true, clientTokens: bound }]
        : [],
  });
  const handler = postRollouts(config(settings), { inventory, slowFacts });
  return seen(await whileTimePasses(handler(httpRequest({ body, ...more }), engine.client, 'ann')));
}
const csv = (text: string, query: Record<string, string>) =>
  post(text, { headers: { 'content-type': 'text/csv' }, query });
const errorsOf = (answer: { readonly body: Readonly<Record<string, unknown>> }) =>
  (answer.body['errors'] as { field: string; row?: number; message: string }[]).map(({ field, row: nth }) => [
    field,
    nth,
  ]);

describe('POST /api/rollouts', () => {
  test('starts a rollout with all rows, and answers with its view', async () => {
    const { status, headers, body } = await post({ kind: 'rotate', clients: [row('a'), row('b')], name: 'Two' });
    expect([status, headers?.['location']]).toEqual([202, `/api/rollouts/${String(body['id'])}`]);
    expect(misfits(SCHEMA, body)).toEqual([]);
    expect(body).toMatchObject({ name: 'Two', kind: 'rotate', status: 'running', requestedBy: 'ann', rows: 2 });
    const [input] = engine.inputs;
    expect(input).toMatchObject({
      actor: 'ann',
      run: body['id'],
      plan: {
        waves: { size: 500, pauseSeconds: 0 },
        failureLimit: { percent: 10, minimum: 5 },
        freezeWindows: [],
        dryRun: false,
        subscriptions: [{ id: SUBSCRIPTION, rows: 2 }],
        rates: config().arm.rates,
      },
    });
    expect(engine.piece(String(body['id']))?.requests).toEqual([
      { registry: REGISTRY, ...row('a') },
      { registry: REGISTRY, ...row('b') },
    ]);
  });

  test('puts up to 500 rows into an entity', async () => {
    const clients = Array.from({ length: 1_001 }, (_, nth) => row(`d${nth}`));
    const { body } = await post({ kind: 'check', clients });
    const puts = engine.signals.filter(({ operation }) => operation === 'put');
    expect(puts.map(({ input }) => (input as { requests: unknown[] }).requests.length)).toEqual([500, 500, 1]);
    expect(puts[2]?.input).toMatchObject({
      by: { actor: 'ann', operation: `rollout-${String(body['id'])}.${String(body['id'])}` },
    });
    expect(engine.piece(String(body['id']), 2)?.requests).toMatchObject([{ client: 'd1000' }]);
  });

  test('puts no row before its orchestration is started', async () => {
    const before: number[] = [];
    const startNew = engine.startNew.bind(engine);
    engine.startNew = (...given) => {
      before.push(engine.signals.length);
      return startNew(...given);
    };
    await post({ kind: 'check', clients: [row('d0')] });
    expect([before, engine.signals.length]).toEqual([[0], 1]);
  });

  test('fills in the defaults of an onboarding, which a row overrides', async () => {
    const clients = [{ client: 'a' }, { client: 'b', repositories: ['samples/edge'], credentialLifetimeDays: 60 }];
    const { status, body } = await post({ ...ONBOARD, clients });
    expect(status).toBe(202);
    expect(engine.piece(String(body['id']))?.requests).toMatchObject([
      { client: 'a', image: 'hello-world:latest', permissions: { 'hello-world': ['content/read'] } },
      { client: 'b', permissions: { 'samples/edge': ['content/read'] }, credentialLifetimeDays: 60 },
    ]);
  });

  test('takes waves, limits, windows and a start time as they are given', async () => {
    await post({
      kind: 'offboard',
      clients: [row('a')],
      waves: { canary: 1, size: 10, pauseSeconds: 60 },
      failureLimit: { percent: 0, minimum: 1 },
      startAt: '2026-03-02T01:00:00+01:00',
      freezeWindows: ['0 18 * * 5|PT62H|Europe/Berlin'],
      dryRun: true,
    });
    expect(engine.inputs[0]?.plan).toMatchObject({
      waves: { canary: 1, size: 10, pauseSeconds: 60 },
      failureLimit: { percent: 0, minimum: 1 },
      startAt: '2026-03-02T00:00:00.000Z',
      freezeWindows: [{ cron: '0 18 * * 5', seconds: 223_200, timeZone: 'Europe/Berlin' }],
      dryRun: true,
    });
  });

  test.each([
    [{ waves: { canary: 1 } }, { waves: { canary: 1, size: 500, pauseSeconds: 0 } }],
    [{ waves: { pauseSeconds: 9 } }, { waves: { size: 500, pauseSeconds: 9 } }],
    [{ failureLimit: { percent: 5 } }, { failureLimit: { percent: 5, minimum: 5 } }],
    [{ failureLimit: { minimum: 1 } }, { failureLimit: { percent: 10, minimum: 1 } }],
  ])('fills in what waves and a limit do not have: %o', async (given, expected) => {
    expect((await post({ kind: 'rotate', clients: [row('a')], ...given })).status).toBe(202);
    expect(engine.inputs[0]?.plan).toMatchObject(expected);
  });

  test('answers as opening if the clients are not claimed in time', async () => {
    engine.conflicts = undefined;
    const { status, body } = await post({ kind: 'rotate', clients: [row('a')] });
    expect([status, body['status'], body['counts']]).toMatchObject([202, 'opening', { waiting: 1 }]);
    expect(misfits(SCHEMA, body)).toEqual([]);
  });

  test('says that it does not know if the engine does not show the start', async () => {
    engine.onStart = () => undefined;
    engine.conflicts = undefined;
    expect(await post({ kind: 'rotate', clients: [row('a')] })).toMatchObject({
      status: 503,
      body: { code: 'engine-slow' },
    });
  });

  test('refuses more clients than open rollouts may have together, and says what to do', async () => {
    engine.claimed = 49_999;
    const { status, body } = await post({ kind: 'rotate', clients: [row('a'), row('b')] });
    expect([status, body]).toMatchObject([
      409,
      {
        code: 'rollouts-full',
        detail: expect.stringMatching(/50000 clients together, and the others have 49999.*cancel/),
      },
    ]);
    expect(engine.instances.size).toBe(1);
  });

  test('refuses rows that are too large to be stored together', async () => {
    const repositories = Array.from({ length: 90 }, (_, nth) => `${'r'.repeat(180)}${nth}`);
    const clients = (count: number) => Array.from({ length: count }, (_, nth) => ({ ...row(`c${nth}`), repositories }));
    const { status, body } = await post({ kind: 'onboard', clients: clients(50) });
    expect([status, body]).toMatchObject([
      400,
      { errors: [{ row: 1, message: expect.stringMatching(/^this row and the 49 after it take \d+ bytes/) }] },
    ]);
    expect((await post({ kind: 'onboard', clients: clients(30) })).status).toBe(202);
  });

  test('names the clients that are in another rollout, by their rows', async () => {
    engine.conflicts = [{ row: 1, rollout: 'other' }];
    const { status, body } = await post({ kind: 'rotate', clients: [row('a'), row('b')] });
    expect([status, body]).toMatchObject([
      409,
      { code: 'client-in-rollout', conflicts: [{ row: 2, registry: REGISTRY, ...row('b'), rollout: 'other' }] },
    ]);
    const file = `client,connectedRegistry\n\na,${CONNECTED_REGISTRY}\n\nb,${CONNECTED_REGISTRY}\n`;
    expect((await csv(file, { kind: 'rotate' })).body['conflicts']).toMatchObject([{ row: 5, client: 'b' }]);
  });

  test.each<[string, object, string]>([
    ['no kind', { clients: [row('a')] }, 'kind'],
    ['an unknown kind', { kind: 'revoke', clients: [row('a')] }, 'kind'],
    ['neither clients nor a selection', { kind: 'rotate' }, 'clients'],
    ['both', { kind: 'rotate', clients: [row('a')], select: { registry: REGISTRY } }, 'clients'],
    ['no clients', { kind: 'rotate', clients: [] }, 'clients'],
    ['an empty selection', { kind: 'rotate', select: {} }, 'select'],
    [
      'a selection for an onboarding without a profile',
      { kind: 'onboard', select: { registry: REGISTRY } },
      'select.profile',
    ],
    [
      'defaults of an onboarding for another kind',
      { kind: 'rotate', clients: [row('a')], defaults: { image: 'a:b' } },
      'defaults.image',
    ],
    ['a default token', { ...ONBOARD, defaults: { token: 'mytoken' }, clients: [row('a')] }, 'defaults.token'],
    ['a wave of none', { kind: 'rotate', clients: [row('a')], waves: { size: 0 } }, 'waves.size'],
    [
      'more than all',
      { kind: 'rotate', clients: [row('a')], failureLimit: { percent: 101, minimum: 1 } },
      'failureLimit.percent',
    ],
    ['a start that is no instant', { kind: 'rotate', clients: [row('a')], startAt: 'tomorrow' }, 'startAt'],
    [
      'a window that is none',
      { kind: 'rotate', clients: [row('a')], freezeWindows: ['0 18 * * 5|PT62H', 'always'] },
      'freezeWindows.1',
    ],
    [
      'a window of more than 31 days',
      { kind: 'rotate', clients: [row('a')], freezeWindows: ['0 0 1 1 *|P31D', '0 0 1 1 *|P3000000D'] },
      'freezeWindows.1',
    ],
    [
      'windows that never thaw',
      { kind: 'rotate', clients: [row('a')], freezeWindows: ['0 0 * * *|PT12H', '0 12 * * *|PT12H'] },
      'freezeWindows',
    ],
    ['a name of two lines', { kind: 'rotate', clients: [row('a')], name: 'a\nb' }, 'name'],
    ['an unknown field', { kind: 'rotate', clients: [row('a')], speed: 9 }, 'speed'],
    [
      'a selected registry that is not configured',
      { kind: 'rotate', select: { registry: 'otherregistry' } },
      'select.registry',
    ],
    ['a selected profile that does not exist', { kind: 'rotate', select: { profile: 'none' } }, 'select.profile'],
    ['a selection of nobody', { kind: 'rotate', select: { registry: REGISTRY } }, 'select'],
  ])('refuses %s', async (_, body, field) => {
    const answer = await post(body);
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid-request']);
    expect(errorsOf(answer).map(([name]) => name)).toEqual([field]);
    expect([engine.starts, engine.signals]).toEqual([0, []]);
  });

  test('names each faulty row before anything starts', async () => {
    const clients = [
      row('a'),
      row('b', { registry: 'otherregistry' }),
      { client: 'c', colour: 'red' },
      row('a'),
      'd',
      row('e', { repositories: ['x'] }),
    ];
    const answer = await post({ kind: 'rotate', clients });
    expect(errorsOf(answer)).toEqual([
      ['clients.1.registry', 2],
      ['clients.2.connectedRegistry', 3],
      ['clients.2.colour', 3],
      ['clients.3.client', 4],
      ['clients.4', 5],
      ['clients.5.repositories', 6],
    ]);
    expect(answer.body['errorCount']).toBe(6);
    expect([engine.starts, engine.signals]).toEqual([0, []]);
  });

  test('names faults of onboardings: rights, lifetimes, tokens, permissions', async () => {
    settings = { PERMISSIONS_PER_SCOPE_MAP: '2' };
    const clients = [
      { client: 'a', image: 'other:1' },
      { client: 'b', credentialLifetimeDays: 5 },
      { client: 'c', token: 'mytoken' },
      { client: 'd', token: 'MYTOKEN' },
      { client: 'e', repositories: ['x', 'y', 'z'] },
    ];
    const answer = await post({ ...ONBOARD, clients });
    expect(errorsOf(answer)).toEqual([
      ['clients.0.image', 1],
      ['clients.1.credentialLifetimeDays', 2],
      ['clients.3.token', 4],
      ['clients.4.repositories', 5],
    ]);
  });

  test('names the rows that a connected registry has no place for, beside the clients that it has', async () => {
    settings = { CLIENTS_PER_CONNECTED_REGISTRY: '3' };
    bound = ['token-a', 'other-token'];
    const clients = [{ client: 'a', token: 'TOKEN-A' }, { client: 'b' }, { client: 'c' }, { client: 'd' }];
    const answer = await post({ ...ONBOARD, clients });
    expect(errorsOf(answer)).toEqual([
      ['clients.2.connectedRegistry', 3],
      ['clients.3.connectedRegistry', 4],
    ]);
    expect((await post({ ...ONBOARD, clients: clients.slice(0, 2) })).status).toBe(202);
  });

  test('names the rows of a connected registry that does not exist', async () => {
    const clients = [{ client: 'a' }, { client: 'b', connectedRegistry: 'nosuchregistry' }];
    expect(errorsOf(await post({ ...ONBOARD, clients }))).toEqual([['clients.1.connectedRegistry', 2]]);
  });

  test('names the first 100 faults, and counts all of 10,000 rows', async () => {
    const clients = Array.from({ length: 10_000 }, () => ({ client: 'a b' }));
    const answer = await post({ kind: 'rotate', clients });
    expect(errorsOf(answer)).toHaveLength(100);
    expect(answer.body['errorCount']).toBe(20_000);
  });

  test('accepts 10,000 rows, and no more', async () => {
    const clients = Array.from({ length: 10_001 }, (_, nth) => row(`d${nth}`));
    expect(errorsOf(await post({ kind: 'rotate', clients }))).toEqual([['clients', undefined]]);
    expect((await post({ kind: 'rotate', clients: clients.slice(1) })).body).toMatchObject({ rows: 10_000 });
  });

  test('refuses a body of more than 8 MiB', async () => {
    const body = JSON.stringify({ kind: 'rotate', clients: [], name: 'x'.repeat(8 * 1024 * 1024) });
    expect((await post(body)).status).toBe(413);
    expect((await csv(body, { kind: 'rotate' })).status).toBe(413);
  });
});

describe('POST /api/rollouts with CSV', () => {
  const FILE = `client,connectedRegistry\na,${CONNECTED_REGISTRY}\nb,${CONNECTED_REGISTRY}\n`;

  test('takes its options and defaults from the query', async () => {
    const { status, body } = await csv('client,repositories\na,\nb,x;y\n', {
      kind: 'onboard',
      name: 'From a file',
      canary: '1',
      size: '10',
      pauseSeconds: '60',
      percent: '2.5',
      minimum: '2',
      startAt: '2026-03-02T00:00:00Z',
      freezeWindows: '0 18 * * 5|PT62H;0 6 * * 1|PT1H',
      dryRun: 'true',
      connectedRegistry: CONNECTED_REGISTRY,
      repositories: 'hello-world samples/edge',
    });
    expect([status, body]).toMatchObject([202, { name: 'From a file', dryRun: true, rows: 2 }]);
    expect(engine.inputs[0]?.plan).toMatchObject({
      waves: { canary: 1, size: 10, pauseSeconds: 60 },
      failureLimit: { percent: 2.5, minimum: 2 },
      startAt: '2026-03-02T00:00:00.000Z',
      freezeWindows: [{ cron: '0 18 * * 5' }, { cron: '0 6 * * 1' }],
    });
    expect(engine.piece(String(body['id']))?.requests).toMatchObject([
      { permissions: { 'hello-world': ['content/read'], 'samples/edge': ['content/read'] } },
      { permissions: { x: ['content/read'], y: ['content/read'] } },
    ]);
  });

  test.each<[Record<string, string>, object]>([
    [{ canary: '1' }, { waves: { canary: 1, size: 500, pauseSeconds: 0 } }],
    [{ percent: '5' }, { failureLimit: { percent: 5, minimum: 5 } }],
    [{ minimum: '1' }, { failureLimit: { percent: 10, minimum: 1 } }],
  ])('fills in what waves and a limit do not have: %o', async (query, expected) => {
    expect((await csv(FILE, { kind: 'rotate', ...query })).status).toBe(202);
    expect(engine.inputs[0]?.plan).toMatchObject(expected);
  });

  test.each<[string, Record<string, string>, string]>([
    ['no kind', {}, 'kind'],
    ['a size that is no number', { kind: 'rotate', size: 'many' }, 'size'],
    ['a percentage over 100', { kind: 'rotate', percent: '101', minimum: '1' }, 'percent'],
    ['a flag that is none', { kind: 'rotate', dryRun: 'yes' }, 'dryRun'],
    ['an unknown parameter', { kind: 'rotate', speed: '9' }, 'speed'],
    ['a client for all', { kind: 'rotate', client: 'a' }, 'client'],
    ['a repository that is none', { kind: 'onboard', repositories: 'UPPER' }, 'repositories'],
    ['a window that is none', { kind: 'rotate', freezeWindows: 'always' }, 'freezeWindows.0'],
  ])('refuses %s by the parameter', async (_, query, field) => {
    const answer = await csv(FILE, query);
    expect([answer.status, errorsOf(answer).map(([name]) => name)]).toEqual([400, [field]]);
  });

  test.each<[string, string, string, number, string]>([
    ['a name with spaces', `client,connectedRegistry\n\na b,${CONNECTED_REGISTRY}\n`, 'rotate', 3, 'client'],
    ['a client twice', `${FILE}\na,${CONNECTED_REGISTRY.toUpperCase()}\n`, 'rotate', 5, 'client'],
    [
      'an unknown registry',
      `client,connectedRegistry,registry\na,${CONNECTED_REGISTRY},otherregistry\n`,
      'check',
      2,
      'registry',
    ],
    ['no connected registry', 'client,connectedRegistry\na,\n', 'offboard', 2, 'connectedRegistry'],
    [
      'a repository that is none',
      `client,connectedRegistry,repositories\na,${CONNECTED_REGISTRY},ok;NOT\n`,
      'onboard',
      2,
      'repositories',
    ],
    ['no repositories', FILE.replace('\nb,myconnectedregistry', ''), 'onboard', 2, 'repositories'],
    [
      'a lifetime that is no number',
      `client,connectedRegistry,repositories,credentialLifetimeDays\na,${CONNECTED_REGISTRY},x,90d\n`,
      'onboard',
      2,
      'credentialLifetimeDays',
    ],
    [
      'a flag that is none',
      `client,connectedRegistry,repositories,adopt\na,${CONNECTED_REGISTRY},x,yes\n`,
      'onboard',
      2,
      'adopt',
    ],
    [
      'fields of an onboarding',
      `client,connectedRegistry,repositories\na,${CONNECTED_REGISTRY},x\n`,
      'rotate',
      2,
      'repositories',
    ],
    ['a quote that is not closed', 'client\n"a\n', 'rotate', 2, 'client'],
  ])('names line and column of %s', async (_, file, kind, line, column) => {
    const answer = await csv(file, { kind });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ row: line, column }]);
    expect(answer.body['errorCount']).toBe(1);
    expect([engine.starts, engine.signals]).toEqual([0, []]);
  });

  test('recognises the content type with its parameters, and reads anything else as JSON', async () => {
    const headers = (type: string) => ({ headers: { 'content-type': type }, query: { kind: 'check' } });
    expect((await post(FILE, headers('Text/CSV; charset=utf-8'))).status).toBe(202);
    expect((await post(FILE, headers('text/csv-schema'))).body['errors']).toMatchObject([{ message: 'is not JSON' }]);
  });
});

describe('a rollout to selected clients', () => {
  const view = (client: string): ClientView =>
    ({ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client }) as ClientView;
  const PROFILES = JSON.stringify([
    {
      name: 'gates',
      connectedRegistry: CONNECTED_REGISTRY,
      match: { device: 'gate-*' },
      repositories: ['hello-world'],
      clients: ['gate-1', 'gate-2'],
    },
  ]);

  test('reads all pages of the inventory by the filters', async () => {
    const asked: unknown[] = [];
    inventory.clients = async (filter, _top, from) => {
      asked.push(filter);
      return from ? { clients: [view('c')] } : { clients: [view('a'), view('b')], next: { skip: 2 } };
    };
    const { body } = await post({ kind: 'rotate', select: { registry: REGISTRY, state: 'expiring' } });
    expect(body['rows']).toBe(3);
    expect(asked).toEqual(Array.from({ length: 2 }, () => ({ registry: REGISTRY, state: 'expiring' })));
    expect(engine.piece(String(body['id']))?.requests).toMatchObject([
      { client: 'a' },
      { client: 'b' },
      { client: 'c' },
    ]);
  });

  test('selects those that a profile covers', async () => {
    settings = { PROFILES };
    inventory.clients = async () => ({ clients: [view('gate-1'), view('door-1')] });
    const { body } = await post({ kind: 'rotate', select: { profile: 'GATES' } });
    expect(engine.piece(String(body['id']))?.requests).toMatchObject([{ client: 'gate-1' }]);
  });

  test('onboards the clients that a profile lists, as the profile says', async () => {
    settings = { PROFILES };
    const { body } = await post({ kind: 'onboard', select: { profile: 'gates' } });
    expect(engine.piece(String(body['id']))?.requests).toMatchObject([
      { client: 'gate-1', connectedRegistry: CONNECTED_REGISTRY, image: 'hello-world:latest' },
      { client: 'gate-2' },
    ]);
    const other = await post({ kind: 'onboard', select: { profile: 'gates', connectedRegistry: 'otherconnected' } });
    expect(errorsOf(other)).toEqual([['select.connectedRegistry', undefined]]);
  });

  test('refuses more than 10,000', async () => {
    inventory.clients = async () => ({
      clients: Array.from({ length: 500 }, (_, nth) => view(`d${nth}`)),
      next: { skip: 0 },
    });
    expect(errorsOf(await post({ kind: 'check', select: { registry: REGISTRY } }))).toEqual([['select', undefined]]);
  });

  test('ends in time if the inventory is slow, and starts nothing', async () => {
    inventory.clients = () => new Promise(() => undefined);
    const { status, body, headers } = await post({ kind: 'check', select: { registry: REGISTRY } });
    expect([status, body['code'], headers?.['retry-after']]).toEqual([503, 'selection-slow', '60']);
    expect(engine.starts).toBe(0);
  });

  test('says which service refused', async () => {
    inventory.clients = async () => {
      throw new ServiceError({ kind: 'throttled', operation: 'list secrets of', resource: resourceName('a-vault') });
    };
    const { status, body } = await post({ kind: 'check', select: { registry: REGISTRY } });
    expect([status, body['code']]).toEqual([503, 'service-error']);
  });
});
