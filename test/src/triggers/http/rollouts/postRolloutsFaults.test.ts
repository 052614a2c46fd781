import { describe, expect, test } from 'vitest';
import { REGISTRY } from '../../../fakes/answers/requests.js';
import { ONBOARD, errorsOf, row, usePostRollouts } from './postRolloutsUnderTest.js';

const it = usePostRollouts();

describe('POST /api/rollouts with faults', () => {
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
    const answer = await it.post(body);
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid-request']);
    expect(errorsOf(answer).map(([name]) => name)).toEqual([field]);
    expect([it.engine.starts, it.engine.signals]).toEqual([0, []]);
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
    const answer = await it.post({ kind: 'rotate', clients });
    expect(errorsOf(answer)).toEqual([
      ['clients.1.registry', 2],
      ['clients.2.connectedRegistry', 3],
      ['clients.2.colour', 3],
      ['clients.3.client', 4],
      ['clients.4', 5],
      ['clients.5.repositories', 6],
    ]);
    expect(answer.body['errorCount']).toBe(6);
    expect([it.engine.starts, it.engine.signals]).toEqual([0, []]);
  });

  test('names faults of onboardings: rights, lifetimes, tokens, permissions', async () => {
    it.settings = { PERMISSIONS_PER_SCOPE_MAP: '2' };
    const clients = [
      { client: 'a', image: 'other:1' },
      { client: 'b', credentialLifetimeDays: 5 },
      { client: 'c', token: 'mytoken' },
      { client: 'd', token: 'MYTOKEN' },
      { client: 'e', repositories: ['x', 'y', 'z'] },
    ];
    const answer = await it.post({ ...ONBOARD, clients });
    expect(errorsOf(answer)).toEqual([
      ['clients.0.image', 1],
      ['clients.1.credentialLifetimeDays', 2],
      ['clients.3.token', 4],
      ['clients.4.repositories', 5],
    ]);
  });

  test('names the rows that a connected registry has no place for, beside the clients that it has', async () => {
    it.settings = { CLIENTS_PER_CONNECTED_REGISTRY: '3' };
    it.bound = ['token-a', 'other-token'];
    const clients = [{ client: 'a', token: 'TOKEN-A' }, { client: 'b' }, { client: 'c' }, { client: 'd' }];
    const answer = await it.post({ ...ONBOARD, clients });
    expect(errorsOf(answer)).toEqual([
      ['clients.2.connectedRegistry', 3],
      ['clients.3.connectedRegistry', 4],
    ]);
    expect((await it.post({ ...ONBOARD, clients: clients.slice(0, 2) })).status).toBe(202);
  });

  test('names the rows of a connected registry that does not exist', async () => {
    const clients = [{ client: 'a' }, { client: 'b', connectedRegistry: 'nosuchregistry' }];
    expect(errorsOf(await it.post({ ...ONBOARD, clients }))).toEqual([['clients.1.connectedRegistry', 2]]);
  });

  test('names the first 100 faults, and counts all of 10,000 rows', async () => {
    const clients = Array.from({ length: 10_000 }, () => ({ client: 'a b' }));
    const answer = await it.post({ kind: 'rotate', clients });
    expect(errorsOf(answer)).toHaveLength(100);
    expect(answer.body['errorCount']).toBe(20_000);
  });

  test('refuses defaults that are too large for the rows without their own, before it looks into any row', async () => {
    const repositories = Array.from({ length: 500 }, (_, nth) => `repository-${nth}`);
    const defaults = { ...ONBOARD.defaults, repositories };
    const many = Array.from({ length: 10_000 }, () => 'no row');
    const answer = await it.post({ ...ONBOARD, defaults, clients: many });
    expect(answer.body['errors']).toMatchObject([
      {
        field: 'defaults.repositories',
        message: expect.stringMatching(
          /^take \d+ bytes in 500 clients that name none, and at most 700000 can be stored/,
        ),
      },
    ]);
    const csv = `client\n${many.map((_, nth) => `d${nth}`).join('\n')}\n`;
    const query = {
      kind: 'onboard',
      connectedRegistry: defaults.connectedRegistry,
      repositories: repositories.join(' '),
    };
    expect(errorsOf(await it.csv(csv, query))).toEqual([['repositories', undefined]]);

    it.settings = { CLIENTS_PER_CONNECTED_REGISTRY: '200', PERMISSIONS_PER_SCOPE_MAP: '500' };
    const own = Array.from({ length: 100 }, (_, nth) => ({ client: `d${nth}`, repositories: ['hello-world'] }));
    expect((await it.post({ ...ONBOARD, defaults, clients: [...own, { client: 'x' }] })).status).toBe(202);
  });

  test('refuses more actions of a repository than exist, in rows and in defaults', async () => {
    const repositories = { 'hello-world': Array.from({ length: 6 }, () => 'content/read') };
    const defaults = { ...ONBOARD.defaults, repositories };
    const faulty = await it.post({ ...ONBOARD, defaults, clients: [{ client: 'a' }] });
    expect(faulty.body['errors']).toMatchObject([
      { field: 'defaults.repositories.hello-world', message: 'must list at most 5 actions' },
    ]);
    expect(errorsOf(await it.post({ ...ONBOARD, clients: [{ client: 'a', repositories }] }))).toEqual([
      ['clients.0.repositories.hello-world', 1],
    ]);
  });

  test('accepts 10,000 rows, and no more', async () => {
    const clients = Array.from({ length: 10_001 }, (_, nth) => row(`d${nth}`));
    expect(errorsOf(await it.post({ kind: 'rotate', clients }))).toEqual([['clients', undefined]]);
    expect((await it.post({ kind: 'rotate', clients: clients.slice(1) })).body).toMatchObject({ rows: 10_000 });
  });

  test('refuses a body of more than 8 MiB', async () => {
    const body = JSON.stringify({ kind: 'rotate', clients: [], name: 'x'.repeat(8 * 1024 * 1024) });
    expect((await it.post(body)).status).toBe(413);
    expect((await it.csv(body, { kind: 'rotate' })).status).toBe(413);
  });
});
