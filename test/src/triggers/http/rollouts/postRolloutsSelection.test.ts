import { describe, expect, test } from 'vitest';
import type { ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import { resourceName } from '../../../../../src/serviceErrors/serviceFacts.js';
import { ServiceError } from '../../../../../src/serviceErrors/serviceError.js';
import { CONNECTED_REGISTRY, REGISTRY } from '../../../fakes/answers/requests.js';
import { errorsOf, usePostRollouts } from './postRolloutsUnderTest.js';

const it = usePostRollouts();

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
    it.inventory.clients = async (filter, _top, from) => {
      asked.push(filter);
      return from ? { clients: [view('c')] } : { clients: [view('a'), view('b')], next: { skip: 2 } };
    };
    const { body } = await it.post({ kind: 'rotate', select: { registry: REGISTRY, state: 'expiring' } });
    expect(body['rows']).toBe(3);
    expect(asked).toEqual(Array.from({ length: 2 }, () => ({ registry: REGISTRY, state: 'expiring' })));
    expect(it.engine.piece(String(body['id']))?.requests).toMatchObject([
      { client: 'a' },
      { client: 'b' },
      { client: 'c' },
    ]);
  });

  test('selects those that a profile covers', async () => {
    it.settings = { PROFILES };
    it.inventory.clients = async () => ({ clients: [view('gate-1'), view('door-1')] });
    const { body } = await it.post({ kind: 'rotate', select: { profile: 'GATES' } });
    expect(it.engine.piece(String(body['id']))?.requests).toMatchObject([{ client: 'gate-1' }]);
  });

  test('onboards the clients that a profile lists, as the profile says', async () => {
    it.settings = { PROFILES };
    const { body } = await it.post({ kind: 'onboard', select: { profile: 'gates' } });
    expect(it.engine.piece(String(body['id']))?.requests).toMatchObject([
      { client: 'gate-1', connectedRegistry: CONNECTED_REGISTRY, image: 'hello-world:latest' },
      { client: 'gate-2' },
    ]);
    const other = await it.post({ kind: 'onboard', select: { profile: 'gates', connectedRegistry: 'otherconnected' } });
    expect(errorsOf(other)).toEqual([['select.connectedRegistry', undefined]]);
  });

  test('names faults of selected clients by `select` and the client', async () => {
    it.settings = { PROFILES, PERMISSIONS_PER_SCOPE_MAP: '1', CLIENTS_PER_CONNECTED_REGISTRY: '1' };
    const full = await it.post({ kind: 'onboard', select: { profile: 'gates' } });
    expect(full.body['errors']).toMatchObject([
      { field: 'select', message: 'client gate-2: connectedRegistry has 0 clients, and would get more than 1' },
    ]);
    expect(errorsOf(full)).toEqual([['select', undefined]]);
    expect(full.body['detail']).toBe('1 error, in the selected clients. Nothing was started.');

    it.inventory.clients = async () => ({ clients: [view('a b'), { ...view('c'), registry: 'otherregistry' }] });
    const { body } = await it.post({ kind: 'rotate', select: { state: 'expiring' } });
    expect(body['errors']).toMatchObject([
      { field: 'select', message: 'client a b: client is not a valid name' },
      { field: 'select', message: expect.stringMatching(/^client c: registry /) },
    ]);
  });

  test('refuses more than 10,000', async () => {
    it.inventory.clients = async () => ({
      clients: Array.from({ length: 500 }, (_, nth) => view(`d${nth}`)),
      next: { skip: 0 },
    });
    expect(errorsOf(await it.post({ kind: 'check', select: { registry: REGISTRY } }))).toEqual([['select', undefined]]);
  });

  test('ends in time if the inventory is slow, and starts nothing', async () => {
    it.inventory.clients = () => new Promise(() => undefined);
    const { status, body, headers } = await it.post({ kind: 'check', select: { registry: REGISTRY } });
    expect([status, body['code'], headers?.['retry-after']]).toEqual([503, 'selection-slow', '60']);
    expect(it.engine.starts).toBe(0);
  });

  test('says which service refused', async () => {
    it.inventory.clients = async () => {
      throw new ServiceError({ kind: 'throttled', operation: 'list secrets of', resource: resourceName('a-vault') });
    };
    const { status, body } = await it.post({ kind: 'check', select: { registry: REGISTRY } });
    expect([status, body['code']]).toEqual([503, 'service-error']);
  });
});
